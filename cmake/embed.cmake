# cmake -DOUT=prelude_parts.c -DDIR=prelude -DPARTS="base;time" -P embed.cmake: Lua files as a C table.
set(arrays "")
set(rows "")
foreach(part ${PARTS})
  file(READ ${DIR}/${part}.lua hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(APPEND arrays "static const unsigned char part_${part}[] = {${bytes}};\n")
  string(APPEND rows "    {\"${part}.lua\", part_${part}, sizeof part_${part}},\n")
endforeach()
file(WRITE ${OUT} "#include \"conformance/prelude.h\"\n\n${arrays}
const struct prelude_part prelude_parts[] = {\n${rows}};
const size_t prelude_part_count = sizeof prelude_parts / sizeof prelude_parts[0];\n")
