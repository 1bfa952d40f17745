# One static library and one test binary per room (a folder of evax/). The include root is the
# repository root, so that every include names its room.

add_library(evax_options INTERFACE)
target_include_directories(evax_options INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:include>)
target_compile_features(evax_options INTERFACE cxx_std_20)
# Cheap checks in releases too: an index outside a vector ends the process instead of writing there.
target_compile_definitions(evax_options INTERFACE $<BUILD_INTERFACE:_GLIBCXX_ASSERTIONS>)
target_compile_options(evax_options INTERFACE $<BUILD_INTERFACE:-Wall> $<BUILD_INTERFACE:-Wextra> $<BUILD_INTERFACE:-Wpedantic>
  $<BUILD_INTERFACE:-Wshadow> $<BUILD_INTERFACE:-fno-math-errno>
  $<BUILD_INTERFACE:$<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>>)  # GCC 12 sees ghosts in std::string operator+ (its bug 105329)
if(EVAX_SANITIZE)
  target_compile_options(evax_options INTERFACE -fsanitize=${EVAX_SANITIZE} -fno-omit-frame-pointer
                                                -fno-sanitize-recover=all)
  target_link_options(evax_options INTERFACE -fsanitize=${EVAX_SANITIZE})
endif()

# Every room tells libFuzzer where its code branches; without that the targets of tests/fuzz search blindly.
option(EVAX_FUZZ "Build the libFuzzer targets (clang)" OFF)
if(EVAX_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES Clang)
    message(FATAL_ERROR "EVAX_FUZZ needs clang, found ${CMAKE_CXX_COMPILER_ID}: cmake --preset fuzz")
  endif()
  target_compile_options(evax_options INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(evax_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# evax_unity(TARGET FILES): so many files to a compiler call, because their headers cost more than they do. Names in
# unnamed namespaces must then differ within a target. -DEVAX_UNITY=OFF compiles file by file: faster after a small change.
option(EVAX_UNITY "Compile several files of a target at once" ON)
function(evax_unity target files)
  if(EVAX_UNITY)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${files})
  endif()
endfunction()

# evax_room(NAME [UNITY files] SOURCES a.cpp ... LINK libraries...): the library evax_NAME.
function(evax_room name)
  cmake_parse_arguments(ARG "" "UNITY" "SOURCES;LINK" ${ARGN})
  add_library(evax_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(evax_${name} PUBLIC evax_options ${ARG_LINK})
  if(ARG_UNITY)
    evax_unity(evax_${name} ${ARG_UNITY})
  endif()
endfunction()

# evax_reuse_pch(TARGET FROM): compile TARGET with the precompiled header of the library FROM.
function(evax_reuse_pch target from)
  target_precompile_headers(${target} REUSE_FROM ${from})
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "EXECUTABLE")  # whose -fPIE would not fit the header's -fPIC
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${target} PRIVATE -fPIC)
  endif()
endfunction()

# evax_test(NAME [TORCH] [UNITY files] SOURCES a_test.cpp ... LINK libraries... [LABELS fast]): one binary, one ctest entry per case.
# TORCH: with LibTorch's precompiled header instead of GoogleTest's.
function(evax_test name)
  if(NOT EVAX_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "TORCH" "UNITY" "SOURCES;LINK;LABELS" ${ARGN})
  if(NOT ARG_LABELS)
    set(ARG_LABELS fast)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} evax_options GTest::gtest GTest::gtest_main)
  if(ARG_TORCH)
    evax_reuse_pch(${name} evax_torch_pch)
  else()
    evax_reuse_pch(${name} evax_gtest_pch)
  endif()
  if(ARG_UNITY)
    evax_unity(${name} ${ARG_UNITY})
  endif()
  # A test runs once: a third of its compile time is worth more than its speed.
  target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O1>)
  # Files that are not in the repository; tests that need them skip visibly where they are absent.
  target_compile_definitions(${name} PRIVATE EVAX_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
                                             EVAX_SHARED_DIR="${PROJECT_SOURCE_DIR}/../shared")
  gtest_discover_tests(${name} TEST_PREFIX ${name}. NO_PRETTY_VALUES PROPERTIES LABELS "${ARG_LABELS}" DISCOVERY_TIMEOUT 60)
endfunction()
if(EVAX_TESTS)
  include(GoogleTest)
  add_library(evax_gtest_pch STATIC ${PROJECT_SOURCE_DIR}/cmake/gtest_pch.cpp)
  target_link_libraries(evax_gtest_pch PUBLIC evax_options GTest::gtest)
  target_compile_options(evax_gtest_pch PRIVATE $<$<CONFIG:Release>:-O1>)
  target_precompile_headers(evax_gtest_pch PRIVATE ${PROJECT_SOURCE_DIR}/cmake/gtest_pch.h)
endif()
