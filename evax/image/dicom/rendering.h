#pragma once

#include <string>
#include <vector>

#include "evax/image/dicom/display.h"
#include "evax/image/dicom/format/dataset.h"
#include "evax/image/dicom/pixels.h"

namespace evax::image::dicom {

/// Reads how the picture is to be shown: padding, modality LUT or rescale, VOI LUT or the first
/// window. The entries of a VOI LUT are scaled by the depth they use, or by `bits` (depth.h). A
/// window that makes no sense is left out with a warning; a LUT or a rescale that does not is an
/// Error, since the values themselves would be wrong.
Rendering read_rendering(const DataSet& data_set, const PixelFormat& format, int bits,
                         std::vector<std::string>& warnings);

}  // namespace evax::image::dicom
