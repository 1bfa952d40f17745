#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace evax::image::dicom {

/// Runs a DCMTK decoder and returns the first warning with `pattern` in it that it logs in this
/// thread, "" if none: DCMTK's decoders pad cut data and only log it. Nothing of the log reaches
/// stderr. The first call takes over DCMTK's logging for the process; nothing of DCMTK is touched
/// before it.
std::string dcmtk_warning(std::string_view pattern, const std::function<void()>& decode);

}  // namespace evax::image::dicom
