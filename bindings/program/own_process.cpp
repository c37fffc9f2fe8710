// SPDX-License-Identifier: Apache-2.0
// What our programs choose for their whole process, as any host may; the library leaves both to the host.
#include <sqlite3.h>

namespace {

/// SQLite counts what it allocates under one lock, for which threads that read layers wait. Before its first
/// use, as it takes no settings afterwards; where it already runs, it keeps counting.
[[maybe_unused]] const int kDoesNotCount = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);

}  // namespace
