#include "evax/core/sha256.h"

#include <gtest/gtest.h>

#include <string_view>

namespace evax {
namespace {

TEST(Sha256, Fips180Example) {  // FIPS 180-4, "abc"
  const std::string_view text = "abc";
  EXPECT_EQ(sha256(std::as_bytes(std::span(text))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace evax
