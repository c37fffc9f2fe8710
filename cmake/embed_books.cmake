# SPDX-License-Identifier: Apache-2.0
# Writes OUT, a source file that holds each of BOOKS (separated by "|") as a string under its file's stem, and ALIASES.
string(REPLACE "|" ";" files "${BOOKS}")
set(entries "")
foreach(file IN LISTS files)
  get_filename_component(name "${file}" NAME_WE)
  file(READ "${file}" content)
  string(APPEND entries "    {\"${name}\", R\"BOOK(${content})BOOK\"},\n")
endforeach()
file(READ "${ALIASES}" aliases)
file(WRITE "${OUT}" "// Generated from engine/rules/books.
#include \"engine/rules/shipped_books.h\"

namespace tuban {

const std::vector<ShippedBook>& shipped_books() {
  static const std::vector<ShippedBook> books{
${entries}  };
  return books;
}

std::string_view shipped_alias_table() {
  return R\"BOOK(${aliases})BOOK\";
}

}  // namespace tuban
")
