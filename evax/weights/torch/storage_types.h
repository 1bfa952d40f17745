#pragma once

#include <optional>
#include <string_view>

#include "evax/core/tensor.h"

namespace evax::weights::torch {

/// PyTorch's class of storages for a dtype: "FloatStorage", in the module torch.
std::string_view storage_name(DType dtype);

/// The dtype of "torch.FloatStorage"; nullopt for a name that is not a storage class.
std::optional<DType> storage_dtype(std::string_view qualified_name);

}  // namespace evax::weights::torch
