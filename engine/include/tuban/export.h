// SPDX-License-Identifier: Apache-2.0
#pragma once

#define TUBAN_API __attribute__((visibility("default")))
