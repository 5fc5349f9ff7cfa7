# `cmake --install`: tools, libraries, headers, and the package that `find_package(veomni)` finds.
include(CMakePackageConfigHelpers)

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/veomni)
install(DIRECTORY runtime/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY ${VEOMNI_GENERATED_DIR}/veomni DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN *.h PATTERN *.inc)
if(VEOMNI_BUILD_COMPILER)
  install(DIRECTORY include/veomni DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN *.h PATTERN *.td)
  install(DIRECTORY ${PROJECT_BINARY_DIR}/docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR})
  # What plugins are compiled with. They link nothing: the tool that loads them has all that they call, and a second
  # copy of a library would be another registry.
  add_library(veomni_plugin_interface INTERFACE)
  set_target_properties(veomni_plugin_interface PROPERTIES EXPORT_NAME plugin_interface)
  target_include_directories(veomni_plugin_interface INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_compile_features(veomni_plugin_interface INTERFACE cxx_std_20)
  target_compile_options(veomni_plugin_interface INTERFACE -fno-rtti)
  install(TARGETS veomni_plugin_interface EXPORT veomniTargets)
endif()
install(EXPORT veomniTargets NAMESPACE veomni:: DESTINATION ${package})
configure_package_config_file(cmake/veomniConfig.cmake.in veomniConfig.cmake INSTALL_DESTINATION ${package})
write_basic_package_version_file(veomniConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/veomniConfig.cmake ${PROJECT_BINARY_DIR}/veomniConfigVersion.cmake
        DESTINATION ${package})
