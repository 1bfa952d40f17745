#pragma once

// What most files of evax/nn and evax/train include, parsed once.
#include <ATen/ATen.h>
#include <torch/nn/module.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>
