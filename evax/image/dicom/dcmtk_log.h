#pragma once

#include <functional>
#include <string>

namespace evax::image::dicom {

/// Runs a DCMTK decoder and returns the first warning it logs in this thread, "" if none. DCMTK's
/// decoders pad cut data and only log it; nothing of the log reaches stderr. The first call takes
/// over DCMTK's logging for the process; nothing of DCMTK is touched before it.
std::string first_dcmtk_warning(const std::function<void()>& decode);

}  // namespace evax::image::dicom
