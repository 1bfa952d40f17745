#!/usr/bin/env bash
# Classifies the X-rays of this folder and shows file, finding, probability and truth. On the way it
# shows import and export: the model goes out in the official code's layout and comes back, with its classes, temperature and
# thresholds, so that the probabilities are those of `evax predict demo/pneumonia.safetensors`.
set -euo pipefail
cd "$(dirname "$0")/.."
evax=build/bin/evax
out=build/demo
rm -rf "$out"
mkdir -p "$out"

"$evax" export demo/pneumonia.safetensors -o "$out/official.pth" --layout official
"$evax" import "$out/official.pth" -o "$out/pneumonia.safetensors"

"$evax" predict "$out/pneumonia.safetensors" demo/xrays --format csv -o "$out/findings.csv"
"$evax" embed "$out/pneumonia.safetensors" demo/xrays -o "$out/features.npy"

# Findings beside truths, joined on the file name. Columns of findings.csv by name, not by place.
awk -F, '
  FNR == 1 { for (i = 1; i <= NF; ++i) column[FILENAME, $i] = i; next }
  FILENAME ~ /labels/ { truth[$1] = $2; next }
  !header++ { printf "\n%-28s %-10s %12s   %s\n", "file", "finding", "probability", "truth" }
  {
    file = $1; sub(".*/", "", file)
    p = $(column[FILENAME, "prob_Pneumonia"])
    call = $(column[FILENAME, "positive_Pneumonia"]) == 1 ? "Pneumonia" : "Normal"
    printf "%-28s %-10s %12.3f   %s\n", file, call, call == "Normal" ? 1 - p : p, truth[file]
  }' demo/labels.csv "$out/findings.csv"

cat <<'NOTE'

The model is a demonstration: a small network trained on 227 X-rays of children and adults (four of
these among them, so the table is no measure of accuracy; docs/demo-model.md has held-out figures).
For research only: not a medical device, not for diagnosis.

Written: build/demo/findings.csv, build/demo/features.npy (one row per X-ray, listed in features.csv)
Next:    build/bin/evax predict demo/pneumonia.safetensors YOUR_FOLDER
NOTE

# Where the training half was built: fine-tune the pre-trained network on adults, then show the curve and the way to the report.
[ -x build/bin/evax-train ] || exit 0
rm -rf "$out/finetune"
"$evax" train recipes/demo/finetune.toml --run "$out/finetune"
awk '
  function field(name) { if (!match($0, "\"" name "\":[^,}]*")) return ""; return substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 3) }
  /epoch_loss/ { loss = field("train/epoch_loss") }
  /validation\/mean_auc/ {
    if (!header++) printf "\n%5s  %10s  %14s  %19s\n", "epoch", "train loss", "validation AUC", "validation accuracy"
    bar = ""; for (i = 0; i < 40 * loss; ++i) bar = bar "#"
    printf "%5d  %10.4f  %14.3f  %19.3f  %s\n", field("epoch") + 1, loss, field("validation/mean_auc"), field("validation/accuracy"), bar
  }' "$out/finetune/metrics.jsonl"
echo
echo "The report, with intervals, curves and examples: open $PWD/$out/finetune/report.html in a browser"
