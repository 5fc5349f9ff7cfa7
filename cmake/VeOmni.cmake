# Target helpers: one kind of target per room, so that flags and dependencies stay in one place.

set(VEOMNI_WARNINGS -Wall -Wextra -Werror -Wno-unused-parameter)
set(VEOMNI_GENERATED_DIR ${PROJECT_BINARY_DIR}/include)
set(VEOMNI_DIALECTS_DIR ${PROJECT_SOURCE_DIR}/dialects)

function(veomni_sanitize target)
  if(VEOMNI_SANITIZE)
    target_compile_options(${target} PUBLIC -fsanitize=${VEOMNI_SANITIZE} -fno-omit-frame-pointer)
    target_link_options(${target} PUBLIC -fsanitize=${VEOMNI_SANITIZE})
    # Without coverage a fuzzer (test/fuzz) would be blind inside the libraries.
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
endfunction()

# veomni_public_includes(TARGET FOLDERS...): headers of this project, here and where it is installed.
function(veomni_public_includes target)
  foreach(folder ${ARGN} ${VEOMNI_GENERATED_DIR})
    target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${folder}>)
  endforeach()
  target_include_directories(${target} PUBLIC $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
endfunction()

# veomni_install_library(TARGET): part of the package that find_package(veomni) finds, as veomni::TARGET.
function(veomni_install_library target)
  install(TARGETS ${target} EXPORT veomniTargets)
endfunction()

# veomni_add_runtime_library(NAME SOURCES... [DEPENDS targets...]): nothing of LLVM may be linked here.
function(veomni_add_runtime_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  veomni_public_includes(${name} ${PROJECT_SOURCE_DIR}/runtime/include)
  target_compile_options(${name} PRIVATE ${VEOMNI_WARNINGS} -fno-rtti)
  target_link_libraries(${name} PUBLIC ${ARG_DEPENDS})
  veomni_sanitize(${name})
  veomni_install_library(${name})
endfunction()

# veomni_add_pch(NAME HEADERS... [DEPENDS targets...]): a precompiled header that compiler code includes before all
# else.
function(veomni_add_pch name)
  if(TARGET ${name})
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  file(WRITE ${PROJECT_BINARY_DIR}/pch/${name}.cpp "")
  add_library(${name} STATIC ${PROJECT_BINARY_DIR}/pch/${name}.cpp)
  target_include_directories(${name} PRIVATE
    ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/runtime/include ${VEOMNI_GENERATED_DIR})
  target_include_directories(${name} SYSTEM PRIVATE ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS})
  target_compile_options(${name} PRIVATE ${VEOMNI_WARNINGS} -fno-rtti -fno-exceptions)
  target_precompile_headers(${name} PRIVATE ${ARG_UNPARSED_ARGUMENTS})
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
endfunction()

# Reading MLIR takes longer than compiling a file of ours: dialects share its core, and all behind them the dialects,
# too, which makes a file three times faster.
set(VEOMNI_MLIR_HEADERS
  <mlir/IR/Builders.h> <mlir/IR/BuiltinOps.h> <mlir/IR/BuiltinTypes.h> <mlir/IR/OpImplementation.h>
  <mlir/IR/PatternMatch.h> <mlir/Pass/Pass.h> <mlir/Dialect/Arith/IR/Arith.h> <mlir/Dialect/Func/IR/FuncOps.h>
  <llvm/ADT/TypeSwitch.h>)
set(VEOMNI_DIALECT_HEADERS <veomni/Dialect/VeOmni/VeOmni.h> <veomni/Dialect/Program/Program.h>)

function(veomni_compiler_flags target)
  veomni_public_includes(${target} ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/runtime/include)
  target_include_directories(${target} SYSTEM PUBLIC ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS})
  target_compile_options(${target} PRIVATE ${VEOMNI_WARNINGS} -fno-rtti -fno-exceptions)
  # The precompiled header is of position independent code for libraries; an executable must be compiled alike to use
  # it.
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "EXECUTABLE")
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${target} PRIVATE -fPIC)
  endif()
  cmake_path(IS_PREFIX VEOMNI_DIALECTS_DIR ${CMAKE_CURRENT_SOURCE_DIR} is_dialect)
  if(is_dialect)
    veomni_add_pch(veomni_mlir_pch ${VEOMNI_MLIR_HEADERS})
    target_precompile_headers(${target} REUSE_FROM veomni_mlir_pch)
  else()
    veomni_add_pch(veomni_dialects_pch ${VEOMNI_MLIR_HEADERS} ${VEOMNI_DIALECT_HEADERS}
      DEPENDS VeOmniDialectIncGen VeOmniWeightTablegen VeOmniProgramTablegen veomni_schema)
    target_precompile_headers(${target} REUSE_FROM veomni_dialects_pch)
  endif()
endfunction()

# veomni_add_compiler_library(NAME SOURCES... [DEPENDS targets...] [TABLEGEN targets...])
function(veomni_add_compiler_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;TABLEGEN" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  veomni_compiler_flags(${name})
  target_link_libraries(${name} PUBLIC ${ARG_DEPENDS} MLIR LLVM)
  if(ARG_TABLEGEN)
    add_dependencies(${name} ${ARG_TABLEGEN})
  endif()
  veomni_install_library(${name})
endfunction()

# veomni_add_tool(NAME SOURCES... [DEPENDS ...] [COMPILER]): COMPILER links MLIR. Tools named veomni-... are installed.
function(veomni_add_tool name)
  cmake_parse_arguments(ARG "COMPILER" "" "DEPENDS" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  if(ARG_COMPILER)
    veomni_compiler_flags(${name})
    target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} MLIR LLVM)
  else()
    target_compile_options(${name} PRIVATE ${VEOMNI_WARNINGS})
    target_link_libraries(${name} PRIVATE ${ARG_DEPENDS})
    veomni_sanitize(${name})
  endif()
  if(name MATCHES "^veomni-")
    install(TARGETS ${name} EXPORT veomniTargets)
  endif()
endfunction()

# veomni_add_unit_test(NAME SOURCES... [DEPENDS ...] [COMPILER] [TOGETHER]): a GoogleTest program in build/bin/unit,
# found by lit. TOGETHER compiles several sources at a time, whose names must not clash: most of what each takes alone
# are the same headers and templates.
function(veomni_add_unit_test name)
  cmake_parse_arguments(ARG "COMPILER;TOGETHER" "" "DEPENDS" ${ARGN})
  if(ARG_COMPILER AND NOT VEOMNI_BUILD_COMPILER)
    return()
  endif()
  find_package(GTest REQUIRED)
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin/unit
    UNITY_BUILD "${ARG_TOGETHER}" UNITY_BUILD_BATCH_SIZE 4)
  if(ARG_COMPILER)
    veomni_compiler_flags(${name})
    target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} GTest::gtest_main MLIR LLVM)
  else()
    # Tests call what is optimised; themselves they compile twice as fast without. Others share the compiler's
    # precompiled headers and with them its flags.
    target_compile_options(${name} PRIVATE ${VEOMNI_WARNINGS} -O0)
    target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} GTest::gtest_main)
  endif()
endfunction()

# veomni_add_rooms([EXCEPT folders...]): adds every subfolder that has a CMakeLists.txt, so that a new room needs no
# list to be edited.
macro(veomni_add_rooms)
  cmake_parse_arguments(ROOMS "" "" "EXCEPT" ${ARGN})
  file(GLOB rooms RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*/CMakeLists.txt)
  foreach(room ${rooms})
    get_filename_component(room_dir ${room} DIRECTORY)
    if(NOT room_dir IN_LIST ROOMS_EXCEPT)
      add_subdirectory(${room_dir})
    endif()
  endforeach()
endmacro()

# veomni_add_reference(PAGE TD GENERATOR ARGS...): a page of build/docs written from a TableGen file of the current
# folder. The page is written again when any file that the TableGen file includes changes: most ops lie in those.
function(veomni_add_reference page td generator)
  set(path ${PROJECT_BINARY_DIR}/docs/${page})
  set(dependencies ${CMAKE_CURRENT_BINARY_DIR}/${page}.d)
  file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/docs)
  add_custom_command(
    OUTPUT ${path}
    COMMAND ${MLIR_TABLEGEN_EXE} ${generator} ${ARGN} -I ${PROJECT_SOURCE_DIR}/include -I ${MLIR_INCLUDE_DIRS}
            ${CMAKE_CURRENT_SOURCE_DIR}/${td} -o ${path} -d ${dependencies}
    DEPENDS ${td}
    DEPFILE ${dependencies})
  add_custom_target(reference-${page} ALL DEPENDS ${PROJECT_BINARY_DIR}/docs/${page})
endfunction()
