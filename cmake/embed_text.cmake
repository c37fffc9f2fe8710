# SPDX-License-Identifier: Apache-2.0
# Writes OUT, a source file whose function NAME (declared in HEADER) gives the text of FILE.
file(READ "${FILE}" content)
file(WRITE "${OUT}" "// Generated from ${NAME}'s file.
#include \"${HEADER}\"

namespace tuban {

std::string_view ${NAME}() noexcept {
  return R\"TEXT(${content})TEXT\";
}

}  // namespace tuban
")
