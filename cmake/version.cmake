# SPDX-License-Identifier: Apache-2.0
# TUBAN_VERSION from the public header, the one place that states it.
set(header ${CMAKE_CURRENT_LIST_DIR}/../engine/include/tuban/version.h)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${header})
file(READ ${header} text)
set(TUBAN_VERSION "")
foreach(part MAJOR MINOR PATCH)
  if(NOT text MATCHES "#define TUBAN_VERSION_${part} ([0-9]+)\n")
    message(FATAL_ERROR "${header}: no TUBAN_VERSION_${part}")
  endif()
  list(APPEND TUBAN_VERSION ${CMAKE_MATCH_1})
endforeach()
list(JOIN TUBAN_VERSION "." TUBAN_VERSION)
