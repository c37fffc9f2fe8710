# SPDX-License-Identifier: Apache-2.0
# One interface target carries the flags of all our own code.
add_library(tuban_flags INTERFACE)
target_compile_options(tuban_flags INTERFACE
  # G1: a*b+c has one result on every machine.
  -ffp-contract=off -fno-math-errno
  -Wall -Wextra -Wconversion -Wshadow -Wnon-virtual-dtor)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # libstdc++ 12 and the GoogleTest macros of Debian 12 trip these under Clang 14 only.
  target_compile_options(tuban_flags INTERFACE -Wno-implicit-int-float-conversion)
endif()
if(TUBAN_WERROR)
  target_compile_options(tuban_flags INTERFACE -Werror)
endif()
if(TUBAN_SANITIZE)
  target_compile_options(tuban_flags INTERFACE -fsanitize=${TUBAN_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  target_link_options(tuban_flags INTERFACE -fsanitize=${TUBAN_SANITIZE})
  target_compile_definitions(tuban_flags INTERFACE _GLIBCXX_ASSERTIONS)
endif()

# tuban_room(NAME): a static library with our flags. A room links only the rooms below it, so a
# dependency that points up does not build.
function(tuban_room name)
  add_library(${name} STATIC)
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR}/engine/include)
  target_link_libraries(${name} PUBLIC tuban_flags)
endfunction()
