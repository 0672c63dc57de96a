# The Debian package (CPack): programs, man pages, completions, scenarios, the Wireshark dissector, and the
# endpoint as a service of systemd. Preset `package`; ci/package builds and checks it.
set(package ${PROJECT_SOURCE_DIR}/cmake/package)
install(FILES ${PROJECT_SOURCE_DIR}/tools/wireshark/drogue.lua DESTINATION ${CMAKE_INSTALL_DATADIR}/seatrial/wireshark)
if(NOT SEATRIAL_PACKAGE)
  return()
endif()
install(FILES ${package}/seatrial-endpoint.service DESTINATION lib/systemd/system)
install(FILES ${package}/seatrial.sysusers DESTINATION lib/sysusers.d RENAME seatrial.conf)
install(FILES ${package}/endpoint.conf DESTINATION /etc/seatrial)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)
install(FILES ${PROJECT_SOURCE_DIR}/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(CPACK_GENERATOR DEB)
set(CPACK_SET_DESTDIR ON) # for what goes to /etc
set(CPACK_INSTALL_PREFIX ${CMAKE_INSTALL_PREFIX})
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_CONTACT "Seatrial <seatrial@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "conformance suite and reference endpoint for Drogue CoAP")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
  "Tells whether a Drogue CoAP endpoint is right: a conformance suite that judges any endpoint by scenarios in\n Lua, and a complete endpoint with registry, commands and event sinks to compare with.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "libfaketime")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "libcoap3-bin, wireshark | tshark")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${package}/conffiles ${package}/postinst ${package}/prerm ${package}/postrm)
include(CPack)
