#!/usr/bin/env python3
"""Writes the lists of the pre-training study (docs/pretraining.md) from the manifest of a collection of X-rays.

    demo/pretraining/lists.py DATA

DATA holds MANIFEST.csv (file, label, note, tier, ...) and the pictures. corpus.csv: every picture that may be shared
(tier A), one view of the chest, of no patient of the validation and test lists of demo/model. teacher.csv: the NIH
pictures with their findings, Pneumonia left out, of no patient of any list of demo/model.
"""

import csv
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
FINDINGS = ["Atelectasis", "Cardiomegaly", "Effusion", "Infiltration", "Mass", "Nodule", "Pneumothorax",
            "Consolidation", "Edema", "Emphysema", "Fibrosis", "Pleural_Thickening", "Hernia"]


def patient(path):
    name = os.path.basename(path)
    nih = re.match(r"(\d{8})_", name)
    if nih:
        return nih.group(1)
    child = re.match(r"(?:person(\d+)_|(IM-\d+)-)", name)
    if child:
        return "person" + child.group(1) if child.group(1) else child.group(2)
    return os.path.splitext(name)[0]


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def write(name, header, lines):
    with open(os.path.join(HERE, name), "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(lines)


def main(data):
    lists = {name: rows(os.path.join(HERE, "..", "model", name + ".csv")) for name in ("train", "val", "test")}
    patients = {name: {row["patient"] for row in lists[name]} for name in lists}
    files = {name: {os.path.basename(row["path"]) for row in lists[name]} for name in lists}
    kept_out = patients["val"] | patients["test"]
    everyone = kept_out | patients["train"]
    corpus, teacher = [], []
    for row in rows(os.path.join(data, "MANIFEST.csv")):
        path = row["file"]
        if row["tier"] != "A" or not path.startswith(("classification/", "localization/", "segmentation/")):
            continue
        if "/masks/" in path or "view=L" in row["note"]:
            continue
        who = patient(path)
        if who in kept_out or os.path.basename(path) in files["val"] | files["test"]:
            continue
        corpus.append([path, who])
        if "/nih" not in path or "localization" in path or who in everyone:
            continue
        known = row["label"].split("|")
        teacher.append([path, who] + [int(any(name.startswith(f) for name in known)) for f in FINDINGS])
    write("corpus.csv", ["path", "patient"], corpus)
    write("teacher.csv", ["path", "patient"] + FINDINGS, teacher)
    print(f"corpus {len(corpus)}, teacher {len(teacher)}")


if __name__ == "__main__":
    main(sys.argv[1])
