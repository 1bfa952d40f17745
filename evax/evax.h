#pragma once

/// evax: EVA-X and other chest X-ray models, for other programs to embed. For research only.
///
///     #include <evax/evax.h>
///     #include <iostream>
///
///     int main() {
///       const evax::Predictor predictor("model.safetensors");
///       const evax::image::Radiograph xray = evax::image::read("xray.dcm");
///       const auto prediction = predictor.predict(xray);
///       for (const auto& finding : prediction.findings)
///         std::cout << finding.name << " " << finding.probability << "\n";
///     }
///
/// Values may be used from any thread, a Predictor from one thread at a time: each thread of a
/// server takes one of its own with Predictor::another(), on shared weights. Reading images is
/// thread-safe. Failures are evax::Error. evax logs to standard error; evax::set_log_sink
/// (core/log.h) takes that over.

#include "evax/core/error.h"
#include "evax/core/log.h"
#include "evax/image/read.h"
#include "evax/inference/predictor.h"
