#pragma once

#include <string>

namespace evax {

/// The path under which a file or folder is there that is called `path` but for the Unicode normal
/// form of its names: macOS writes "ü" as two characters (NFD), most others as one (NFC), and both
/// look the same. `path` itself where it is there, or where no form of it is.
std::string existing_form(const std::string& path);

}  // namespace evax
