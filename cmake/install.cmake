# cmake --install: the programs, and what another program needs to embed evax: headers, static libraries,
# find_package(evax) with the target evax::inference, and evax.pc.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(rooms core dicom image weights metrics data engine inference)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/evax)

foreach(room options ${rooms})
  set_target_properties(evax_${room} PROPERTIES EXPORT_NAME ${room})
  install(TARGETS evax_${room} EXPORT evax ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}/evax COMPONENT development)
endforeach()
foreach(room core image weights metrics data engine inference)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/evax/${room} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/evax COMPONENT development
          FILES_MATCHING PATTERN "*.h" PATTERN testing EXCLUDE PATTERN "testing.h" EXCLUDE PATTERN "test_support.h" EXCLUDE)
endforeach()
install(FILES ${PROJECT_SOURCE_DIR}/evax/evax.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/evax COMPONENT development)

install(EXPORT evax NAMESPACE evax:: FILE evaxTargets.cmake DESTINATION ${package} COMPONENT development)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/evaxConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_SOURCE_DIR}/cmake/evaxConfig.cmake ${PROJECT_BINARY_DIR}/evaxConfigVersion.cmake
        DESTINATION ${package} COMPONENT development)

set(archives "")
foreach(room inference data engine metrics weights image dicom core)  # users before what they use
  string(APPEND archives " -levax_${room}")
endforeach()
configure_file(${PROJECT_SOURCE_DIR}/cmake/evax.pc.in ${PROJECT_BINARY_DIR}/evax.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/evax.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)

install(TARGETS evax RUNTIME COMPONENT runtime)
