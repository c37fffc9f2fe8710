// SPDX-License-Identifier: Apache-2.0
// Patches as records of a spool. Both functions name the fields in one order, through one list.
#include <type_traits>

#include "engine/patch/describe.h"

namespace tuban {
namespace {

/// Visits every field of a patch once: the encoder reads it, the decoder fills it.
template <typename Codec, typename AnyPatch>
void visit(Codec& codec, AnyPatch& p) {
  codec(p.patch_id, p.region_id, p.lineage_id, p.geometry, p.cut);
  codec(p.area_px, p.area_m2, p.area_geod_m2, p.area_mu, p.perimeter_m, p.perimeter_px, p.compactness,
        p.elongation, p.centroid_x, p.centroid_y, p.lon, p.lat, p.last_row);
  codec(p.before_date, p.after_date, p.spectra);
  codec(p.ndvi, p.ndwi, p.mndwi, p.ndbi, p.bsi, p.brightness);
  codec(p.direction, p.change_type, p.type_confidence, p.construction_like, p.earthwork_like);
  codec(p.score_mean, p.score_max, p.confidence, p.edge_share, p.valid_share, p.registration_px);
  codec(p.earlier_m2, p.earlier_share, p.earlier_suspected_share, p.first_seen_date, p.lineage_status,
        p.case_id, p.off_nadir_deg, p.height_change_m, p.lineage, p.original);
}

struct Packer {
  Encoder& to;

  template <typename... Fields>
  void operator()(const Fields&... fields) {
    (write(fields), ...);
  }

  template <typename T>
  requires std::is_arithmetic_v<T> || std::is_enum_v<T>
  void write(T value) { to.put(value); }
  void write(const std::string& text) { to.put(text); }
  template <typename T>
  void write(const std::optional<T>& value) {
    to.put(value.has_value());
    if (value) write(*value);
  }
  void write(const FieldValue& value) {
    write(static_cast<std::uint8_t>(value.index()));
    if (const auto* whole = std::get_if<std::int64_t>(&value)) write(*whole);
    if (const auto* real = std::get_if<double>(&value)) write(*real);
    if (const auto* text = std::get_if<std::string>(&value)) write(*text);
  }
  void write(const IndexPair& pair) { (*this)(pair.before, pair.after); }
  void write(const BandSpectrum& s) {
    (*this)(s.role, s.band, s.mean_before, s.sd_before, s.mean_after, s.sd_after);
  }
  void write(const LineageLink& l) {
    (*this)(l.patch_id, l.earlier_id, l.earlier_file, l.earlier_date, l.relation, l.shared_m2,
            l.share_of_patch, l.share_of_earlier);
  }
  void write(const Polygon& polygon) { write(polygon.rings); }
  void write(const Ring& ring) { to.put(ring); }
  template <typename T>
  void write(const std::vector<T>& list) {
    to.put(static_cast<std::uint64_t>(list.size()));
    for (const T& item : list) write(item);
  }
};

struct Unpacker {
  Decoder& from;

  template <typename... Fields>
  void operator()(Fields&... fields) {
    (read(fields), ...);
  }

  template <typename T>
  requires std::is_arithmetic_v<T> || std::is_enum_v<T>
  void read(T& value) { from.get(value); }
  void read(std::string& text) { from.get(text); }
  template <typename T>
  void read(std::optional<T>& value) {
    bool there = false;
    from.get(there);
    value.reset();
    if (there) read(value.emplace());
  }
  void read(FieldValue& value) {
    std::uint8_t kind = 0;
    read(kind);
    if (kind == 1) read(value.emplace<std::int64_t>());
    if (kind == 2) read(value.emplace<double>());
    if (kind == 3) read(value.emplace<std::string>());
  }
  void read(IndexPair& pair) { (*this)(pair.before, pair.after); }
  void read(BandSpectrum& s) {
    (*this)(s.role, s.band, s.mean_before, s.sd_before, s.mean_after, s.sd_after);
  }
  void read(LineageLink& l) {
    (*this)(l.patch_id, l.earlier_id, l.earlier_file, l.earlier_date, l.relation, l.shared_m2,
            l.share_of_patch, l.share_of_earlier);
  }
  void read(Polygon& polygon) { read(polygon.rings); }
  void read(Ring& ring) { from.get(ring); }
  template <typename T>
  void read(std::vector<T>& list) {
    std::uint64_t count = 0;
    from.get(count);
    list.clear();
    for (std::uint64_t i = 0; i < count; ++i) read(list.emplace_back());
  }
};

}  // namespace

void encode(Encoder& to, const Patch& patch) {
  Packer packer{to};
  visit(packer, patch);
}

Patch decode_patch(Decoder& from) {
  Patch patch;
  Unpacker unpacker{from};
  visit(unpacker, patch);
  return patch;
}

}  // namespace tuban
