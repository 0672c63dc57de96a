# How a folder becomes a library, its tests and its fuzz targets.
#
# By name: x_test.c is a unit test, x_fuzz.c a fuzz target, x_test.sh a test of whole programs, x_testNAME.c
# (and .h) what several tests share, main.c the program; every other .c file goes into the folder's static
# library. Headers form a verified header set.
#
# A test may carry CTest labels in a comment of its own: `/* labels: slow */` (or `# labels: slow`). `slow`
# is left to the night under sanitizers and valgrind; `alone` runs beside no other test.

find_package(PkgConfig REQUIRED)
add_custom_target(programs) # what is installed, without tests

set(SEATRIAL_SANITIZE "" CACHE STRING "sanitizers, as for -fsanitize=")
option(SEATRIAL_WERROR "warnings are errors" ON)
option(SEATRIAL_MUTANTS "build the reference endpoint's mutants (--mutant), on which the suite proves itself" ON)
option(SEATRIAL_PACKAGE "install as a Debian package does: service, configuration, compressed man pages" OFF)
option(SEATRIAL_FUZZ "build fuzz targets (clang)" OFF)
option(SEATRIAL_COVERAGE "count which lines run (gcc); target `coverage` writes the report" OFF)
set(SEATRIAL_FUZZ_SECONDS 1 CACHE STRING "how long a fuzz target runs as a test")
set(SEATRIAL_TEST_LAUNCHER "" CACHE STRING "command put before each unit test, such as valgrind")

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
                    -Wformat=2 -Wpointer-arith -Wundef -Wvla -fno-common)
if(CMAKE_C_COMPILER_ID STREQUAL "Clang")
  add_compile_options(-Wno-gnu-statement-expression) # librdkafka's RD_KAFKA_V_... are such
endif()
add_compile_definitions(_GNU_SOURCE SEATRIAL_MUTANTS=$<BOOL:${SEATRIAL_MUTANTS}>)
if(NOT SEATRIAL_SANITIZE) # their runtimes define crypt_r and call the real one, which must be there
  add_link_options(LINKER:--as-needed) # lib has parts for the testers: a program needs what it uses
endif()
if(SEATRIAL_WERROR)
  add_compile_options(-Werror)
endif()
if(SEATRIAL_SANITIZE)
  add_compile_options(-fsanitize=${SEATRIAL_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${SEATRIAL_SANITIZE})
endif()
if(SEATRIAL_FUZZ)
  if(NOT CMAKE_C_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "fuzz targets need clang: configure with -DCMAKE_C_COMPILER=clang")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
  add_custom_target(fuzzers)
endif()
if(SEATRIAL_COVERAGE)
  add_compile_options(--coverage -fprofile-update=atomic) # threads count too
  add_link_options(--coverage)
  add_custom_target(coverage
    COMMAND gcovr --root ${PROJECT_SOURCE_DIR} --exclude ".*_(test|fuzz)\\.c" --exclude-throw-branches --print-summary
            --txt ${PROJECT_BINARY_DIR}/coverage.txt --html-details ${PROJECT_BINARY_DIR}/coverage.html
            ${PROJECT_BINARY_DIR}
    COMMAND ${CMAKE_COMMAND} -E echo "report: ${PROJECT_BINARY_DIR}/coverage.html"
    VERBATIM)
endif()

# seatrial_package(VAR pkg-config-module debian-package): an imported target PkgConfig::VAR, or an error
# that names the package to install. Known in all folders, which may each say what they need.
function(seatrial_package var module debian)
  if(TARGET PkgConfig::${var})
    return()
  endif()
  pkg_check_modules(${var} QUIET IMPORTED_TARGET GLOBAL ${module})
  if(NOT ${var}_FOUND)
    message(FATAL_ERROR "${module} is missing: apt-get install ${debian}")
  endif()
endfunction()

# seatrial_optional(VAR pkg-config-module debian-package): as seatrial_package, but what needs it may be left
# out: then files with the part's name in theirs (adapter_events_mqtt.c) are not built, and SEATRIAL_VAR is 0.
function(seatrial_optional var module debian)
  pkg_check_modules(${var} QUIET IMPORTED_TARGET GLOBAL ${module})
  if(${var}_FOUND)
    set(SEATRIAL_${var} ON PARENT_SCOPE)
  else()
    set(SEATRIAL_${var} OFF PARENT_SCOPE)
    message(STATUS "built without ${var}: ${module} is missing: apt-get install ${debian}")
  endif()
  add_compile_definitions(SEATRIAL_${var}=$<BOOL:${${var}_FOUND}>)
endfunction()

seatrial_package(CMOCKA cmocka libcmocka-dev)
seatrial_optional(MQTT libmosquitto libmosquitto-dev)
seatrial_optional(KAFKA rdkafka librdkafka-dev)
set(SEATRIAL_BROKERS "") # what is there, to be linked
foreach(part MQTT KAFKA)
  if(SEATRIAL_${part})
    list(APPEND SEATRIAL_BROKERS PkgConfig::${part})
  endif()
endforeach()

function(seatrial_folder name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.c)
  file(GLOB headers CONFIGURE_DEPENDS *.h tbl/*.h)
  file(GLOB scripts CONFIGURE_DEPENDS *_test.sh)
  list(FILTER headers EXCLUDE REGEX "_table\\.h$") # X-macro tables do not stand alone
  foreach(part mqtt kafka)
    string(TOUPPER ${part} PART)
    if(NOT SEATRIAL_${PART})
      foreach(list sources headers scripts)
        list(FILTER ${list} EXCLUDE REGEX "${part}[^/]*$")
      endforeach()
    endif()
  endforeach()
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.c$")
  set(fuzzers ${sources})
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.c$")
  set(testkit ${sources})
  list(FILTER testkit INCLUDE REGEX "_test[a-z]+\\.c$")
  list(FILTER sources EXCLUDE REGEX "(_test[a-z]*|_fuzz|/main)\\.c$")
  add_library(${name} STATIC ${sources})
  target_sources(${name} PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${headers})
  target_link_libraries(${name} PUBLIC ${ARG_LINK})
  if(testkit)
    add_library(${name}_testkit STATIC ${testkit})
    target_link_libraries(${name}_testkit PUBLIC ${name} PkgConfig::CMOCKA)
    if(TARGET lib_testkit AND NOT ${name} STREQUAL lib)
      target_link_libraries(${name}_testkit PUBLIC lib_testkit)
    endif()
  endif()
  foreach(file ${tests})
    seatrial_test(${name} ${file})
  endforeach()
  foreach(file ${scripts})
    seatrial_script_test(${name} ${file})
  endforeach()
  if(SEATRIAL_FUZZ)
    foreach(file ${fuzzers})
      seatrial_fuzzer(${name} ${file})
    endforeach()
  endif()
endfunction()

# The labels that the comment in file names, and its folder's name.
function(seatrial_labels test folder file)
  file(STRINGS ${file} lines REGEX "^(/\\*|#) labels: [a-z ,]+" LIMIT_COUNT 1)
  set(labels ${folder})
  if(lines MATCHES "labels: ([a-z ,]+)")
    string(REGEX MATCHALL "[a-z]+" named "${CMAKE_MATCH_1}")
    list(APPEND labels ${named})
  endif()
  if("slow" IN_LIST labels OR "system" IN_LIST labels)
    set_tests_properties(${test} PROPERTIES COST 100) # begins first
  endif()
  if("alone" IN_LIST labels)
    set_tests_properties(${test} PROPERTIES RUN_SERIAL ON)
  endif()
  set_tests_properties(${test} PROPERTIES LABELS "${labels}")
endfunction()

# Tests, and programs that only tests and measurements start, are not asked for everything: cmocka's fail()
# is not marked as one that does not return, and their input is our own.
function(seatrial_tidy_as_test target)
  if(CMAKE_C_CLANG_TIDY)
    set(tidy ${CMAKE_C_CLANG_TIDY})
    list(FILTER tidy EXCLUDE REGEX "^--checks=")
    set_target_properties(${target} PROPERTIES C_CLANG_TIDY
      "${tidy};--checks=-clang-analyzer-*,-cert-env33-c,-cert-err34-c,-bugprone-not-null-terminated-result")
  endif()
endfunction()

function(seatrial_test folder file)
  get_filename_component(test ${file} NAME_WE)
  add_executable(${test} ${file})
  target_link_libraries(${test} PRIVATE ${folder} PkgConfig::CMOCKA)
  seatrial_tidy_as_test(${test})
  if(TARGET ${folder}_testkit)
    target_link_libraries(${test} PRIVATE ${folder}_testkit)
  endif()
  add_test(NAME ${folder}/${test} COMMAND ${SEATRIAL_TEST_LAUNCHER} $<TARGET_FILE:${test}>
           WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${folder}/${test} PROPERTIES TIMEOUT 300)
  seatrial_labels(${folder}/${test} ${folder} ${file})
endfunction()

# A test of whole programs: it finds them, and nothing else of the build, in $SEATRIAL_BIN. It is skipped when
# it ends with 77: what it looks with is not installed.
function(seatrial_script_test folder file)
  get_filename_component(test ${file} NAME_WE)
  add_test(NAME ${folder}/${test} COMMAND bash ${file} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${folder}/${test} PROPERTIES TIMEOUT 300 SKIP_RETURN_CODE 77
                       ENVIRONMENT "SEATRIAL_BIN=${CMAKE_CURRENT_BINARY_DIR}")
  seatrial_labels(${folder}/${test} ${folder} ${file})
endfunction()

# A program of the folder with its man page, which the program itself writes (hidden option --man), and with
# COMPLETION what shells complete (hidden options --completion-bash, --completion-zsh).
function(seatrial_program folder program)
  cmake_parse_arguments(ARG "COMPLETION" "" "" ${ARGN})
  set(page ${CMAKE_CURRENT_BINARY_DIR}/${program}.1)
  set(made ${page})
  add_executable(${program} main.c)
  target_link_libraries(${program} PRIVATE ${folder})
  add_custom_command(OUTPUT ${page} COMMAND ${program} --man > ${page} DEPENDS ${program})
  if(SEATRIAL_PACKAGE) # as Debian wants it
    set(made ${page}.gz)
    add_custom_command(OUTPUT ${made} COMMAND gzip -9nc ${page} > ${made} DEPENDS ${page})
    install(FILES ${made} TYPE MAN RENAME man1/${program}.1.gz)
  else()
    install(FILES ${page} TYPE MAN RENAME man1/${program}.1)
  endif()
  if(ARG_COMPLETION)
    foreach(shell bash zsh)
      set(script ${CMAKE_CURRENT_BINARY_DIR}/${program}.${shell})
      add_custom_command(OUTPUT ${script} COMMAND ${program} --completion-${shell} > ${script} DEPENDS ${program})
      list(APPEND made ${script})
    endforeach()
    install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${program}.bash RENAME ${program}
            DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
    install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${program}.zsh RENAME _${program}
            DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
  endif()
  add_custom_target(${program}-man ALL DEPENDS ${made})
  add_dependencies(programs ${program} ${program}-man)
  install(TARGETS ${program})
endfunction()

# The program's own allocations are counted: lib/alloc_count.h.
function(seatrial_count_allocations target)
  target_link_options(${target} PRIVATE "LINKER:--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup")
endfunction()

# A libFuzzer program; as a test it runs its corpus (x_fuzz.corpus/) and a second of mutations.
function(seatrial_fuzzer folder file)
  get_filename_component(fuzzer ${file} NAME_WE)
  get_filename_component(dir ${file} DIRECTORY)
  add_executable(${fuzzer} ${file})
  target_link_libraries(${fuzzer} PRIVATE ${folder})
  target_compile_options(${fuzzer} PRIVATE -Wno-missing-prototypes) # LLVMFuzzerTestOneInput has none
  target_link_options(${fuzzer} PRIVATE -fsanitize=fuzzer)
  add_dependencies(fuzzers ${fuzzer})
  set(corpus ${CMAKE_CURRENT_BINARY_DIR}/${fuzzer}.corpus) # what a run finds is kept here
  file(MAKE_DIRECTORY ${corpus})
  set(seeds ${dir}/${fuzzer}.corpus)
  if(NOT EXISTS ${seeds})
    set(seeds "")
  endif()
  add_test(NAME ${folder}/${fuzzer}
           COMMAND ${fuzzer} -max_total_time=${SEATRIAL_FUZZ_SECONDS} -verbosity=0 -timeout=10
                   -artifact_prefix=${fuzzer}- ${corpus} ${seeds})
  math(EXPR timeout_s "${SEATRIAL_FUZZ_SECONDS} + 120")
  set_tests_properties(${folder}/${fuzzer} PROPERTIES TIMEOUT ${timeout_s} LABELS fuzz)
endfunction()

