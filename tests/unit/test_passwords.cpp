// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "engine/scan/passwords.h"
#include "tuban/error.h"

namespace tuban {
namespace {

TEST(Passwords, AreHiddenBehindTheKeysThatDriversKnow) {
  EXPECT_EQ(hide_passwords("PG:host=db password=geheim dbname=land"), "PG:host=db password=*** dbname=land");
  EXPECT_EQ(hide_passwords("PG:PassWord = geheim user=x"), "PG:PassWord = *** user=x");
  EXPECT_EQ(hide_passwords("MSSQL:server=db;uid=x;PWD=geheim;"), "MSSQL:server=db;uid=x;PWD=***");
  EXPECT_EQ(hide_passwords("a password=one b sslpassword=two"), "a password=*** b sslpassword=***");
}

TEST(Passwords, AreHiddenWhole) {
  EXPECT_EQ(hide_passwords("password='ge \\' heim' user=x"), "password=*** user=x");
  EXPECT_EQ(hide_passwords("password=ge\\ heim user=x"), "password=*** user=x");
  EXPECT_EQ(hide_passwords("password=ge,he;i&m'n user=x"), "password=*** user=x");
  EXPECT_EQ(hide_passwords("password='never closed"), "password=***");
}

TEST(Passwords, AreHiddenInUris) {
  EXPECT_EQ(hide_passwords("postgresql://tuban:geheim@db:5432/land"), "postgresql://tuban:***@db:5432/land");
  EXPECT_EQ(hide_passwords("PG:postgresql://x:a@b:c@db/land"), "PG:postgresql://x:***@db/land");
  EXPECT_EQ(hide_passwords("postgresql://db/land?user=x&password=geheim"),
            "postgresql://db/land?user=x&password=***");
}

TEST(Passwords, WhatIsNoneStays) {
  for (const char* text : {"/data/land.gpkg", "https://host:80/a:b@c.tif", "password", "no password is given",
                           "https://user@host/x", "PG:host=db password= "})
    EXPECT_EQ(hide_passwords(text), text);
}

TEST(Passwords, TheSentenceAroundThemGoesOn) {
  EXPECT_EQ(hide_passwords("'PG:password=geheim': it has no layer"), "'PG:password=***': it has no layer");
}

TEST(Passwords, NoErrorSaysOne) {
  EXPECT_STREQ(Error(ErrorCode::usage, "PG:password=geheim: no server").what(), "PG:password=***: no server");
}

}  // namespace
}  // namespace tuban
