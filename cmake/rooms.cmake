# One static library and one test binary per room (a folder of evax/). The include root is the
# repository root, so that every include names its room.

add_library(evax_options INTERFACE)
target_include_directories(evax_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(evax_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -fno-math-errno
  -Wno-restrict)  # GCC 12 sees ghosts in std::string operator+ (its bug 105329)
if(EVAX_SANITIZE)
  target_compile_options(evax_options INTERFACE -fsanitize=${EVAX_SANITIZE} -fno-omit-frame-pointer
                                                -fno-sanitize-recover=all)
  target_link_options(evax_options INTERFACE -fsanitize=${EVAX_SANITIZE})
endif()

# evax_room(NAME SOURCES a.cpp ... LINK libraries...): the library evax_NAME.
function(evax_room name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_library(evax_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(evax_${name} PUBLIC evax_options ${ARG_LINK})
endfunction()

# evax_test(NAME SOURCES a_test.cpp ... LINK libraries... [LABELS fast]): one binary, one ctest entry per case.
function(evax_test name)
  if(NOT EVAX_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK;LABELS" ${ARGN})
  if(NOT ARG_LABELS)
    set(ARG_LABELS fast)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} GTest::gtest GTest::gtest_main)
  # A test runs once: a third of its compile time is worth more than its speed. Only with the flags of
  # LibTorch's precompiled header is that header used.
  target_compile_options(${name} PRIVATE
    $<$<AND:$<CONFIG:Release>,$<NOT:$<BOOL:$<TARGET_PROPERTY:EVAX_TORCH_PCH>>>>:-O1>)
  # Files that are not in the repository; tests that need them skip visibly where they are absent.
  target_compile_definitions(${name} PRIVATE EVAX_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
                                             EVAX_SHARED_DIR="${PROJECT_SOURCE_DIR}/../shared")
  gtest_discover_tests(${name} TEST_PREFIX ${name}. NO_PRETTY_VALUES PROPERTIES LABELS "${ARG_LABELS}" DISCOVERY_TIMEOUT 60)
endfunction()
if(EVAX_TESTS)
  include(GoogleTest)
endif()
