#include "evax/image/dicom/body_part.h"

#include <algorithm>
#include <array>

namespace evax::image::dicom {

bool is_another_body_part(std::string_view upper_case_term) {
  // In the order of the alphabet. Left out: CHEST with what it is combined with, RIB, LUNG, HEART,
  // AORTA, BRONCHUS, CORONARYARTERY, MEDIASTINUM, THYMUS, TRACHEA, BACK and WHOLEBODY.
  static constexpr std::array<std::string_view, 97> terms{
      "ABDOMEN",     "ABDOMENPELVIS", "ADRENAL",       "ANKLE",     "ANUS",      "ARM",
      "AXILLA",      "BLADDER",       "BRAIN",         "BREAST",    "BUTTOCK",   "CALCANEUS",
      "CALF",        "CAROTID",       "CEREBELLUM",    "CERVIX",    "CHEEK",     "CIRCLEOFWILLIS",
      "CLAVICLE",    "COCCYX",        "COLON",         "CORNEA",    "CSPINE",    "CTSPINE",
      "DUODENUM",    "EAR",           "ELBOW",         "ESOPHAGUS", "EXTREMITY", "EYE",
      "EYELID",      "FACE",          "FEMUR",         "FINGER",    "FOOT",      "FOREARM",
      "GALLBLADDER", "HAND",          "HEAD",          "HEADNECK",  "HIP",       "HUMERUS",
      "IAC",         "ILEUM",         "ILIUM",         "JAW",       "JEJUNUM",   "KIDNEY",
      "KNEE",        "LARYNX",        "LEG",           "LIVER",     "LSPINE",    "LSSPINE",
      "MANDIBLE",    "MAXILLA",       "MOUTH",         "NECK",      "NOSE",      "ORBIT",
      "OVARY",       "PANCREAS",      "PAROTID",       "PATELLA",   "PELVIS",    "PENIS",
      "PHARYNX",     "PROSTATE",      "RECTUM",        "SCALP",     "SCAPULA",   "SCLERA",
      "SCROTUM",     "SHOULDER",      "SKULL",         "SPINE",     "SPLEEN",    "SSPINE",
      "STERNUM",     "STOMACH",       "SUBMANDIBULAR", "TESTIS",    "THIGH",     "THUMB",
      "THYROID",     "TLSPINE",       "TMJOINT",       "TOE",       "TSPINE",    "UPPERARM",
      "URETER",      "URETHRA",       "UTERUS",        "VAGINA",    "VULVA",     "WRIST",
      "ZYGOMA"};
  static_assert(std::is_sorted(terms.begin(), terms.end()));
  return std::binary_search(terms.begin(), terms.end(), upper_case_term);
}

}  // namespace evax::image::dicom
