#include "evax/core/sha256.h"

#include <openssl/sha.h>

#include "evax/core/error.h"

namespace evax {

std::string sha256(std::span<const std::byte> bytes) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
  return fmt::format("{:02x}", fmt::join(digest, ""));
}

}  // namespace evax
