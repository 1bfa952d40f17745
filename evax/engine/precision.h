#pragma once

namespace evax::engine {

enum class Precision { automatic, fp32, bf16 };

}  // namespace evax::engine
