#pragma once

#include <functional>
#include <string_view>

namespace evax::image::dicom {

/// Runs a DCMTK decoder and passes every warning that it logs in this thread to `listen`: DCMTK's
/// decoders pad cut data and only log it. Nothing of the log reaches stderr. The first call takes
/// over DCMTK's logging for the process; nothing of DCMTK is touched before it.
void with_dcmtk_warnings(const std::function<void(std::string_view)>& listen,
                         const std::function<void()>& decode);

}  // namespace evax::image::dicom
