#include "evax/image/dicom/segmentation/uid.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "evax/core/sha256.h"

namespace evax::image::dicom {
namespace {

using Uuid = std::array<uint8_t, 16>;

Uuid uuid_of(std::string_view content) {
  const std::string hexadecimal = sha256(std::as_bytes(std::span(content)));
  Uuid uuid{};
  for (size_t i = 0; i < uuid.size(); ++i)
    uuid[i] = static_cast<uint8_t>(std::stoi(hexadecimal.substr(2 * i, 2), nullptr, 16));
  uuid[6] = static_cast<uint8_t>((uuid[6] & 0x0F) | 0x80);  // version 8
  uuid[8] = static_cast<uint8_t>((uuid[8] & 0x3F) | 0x80);  // RFC 9562's variant
  return uuid;
}

// By long division; `number` is big-endian.
std::string decimal(Uuid number) {
  std::string digits;
  while (std::any_of(number.begin(), number.end(), [](uint8_t byte) { return byte != 0; })) {
    int remainder = 0;
    for (uint8_t& byte : number) {
      const int value = remainder * 256 + byte;
      byte = static_cast<uint8_t>(value / 10);
      remainder = value % 10;
    }
    digits += static_cast<char>('0' + remainder);
  }
  std::reverse(digits.begin(), digits.end());
  return digits;
}

}  // namespace

std::string uid_of(std::string_view content) { return "2.25." + decimal(uuid_of(content)); }

}  // namespace evax::image::dicom
