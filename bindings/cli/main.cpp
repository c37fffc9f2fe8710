// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "tuban/version.h"

int main() {
  std::printf("tuban %s\n", tuban::version());
}
