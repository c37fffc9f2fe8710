// SPDX-License-Identifier: Apache-2.0
// A path may be words to connect to a database with, and a password among them.
#pragma once

#include <string>

namespace tuban {

/// The text with *** for each password in it: behind `password=` and its like as libpq and other drivers take
/// them, and in URIs (scheme://user:password@host). What stands nowhere but in messages and records may lose
/// more than the password; it never keeps a part of one. Errors and warnings come through it by themselves.
std::string hide_passwords(const std::string& text);

}  // namespace tuban
