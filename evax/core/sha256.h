#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace evax {

/// SHA-256 as 64 lower-case hexadecimal digits (OpenSSL).
std::string sha256(std::span<const std::byte> bytes);

}  // namespace evax
