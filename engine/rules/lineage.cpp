// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/lineage.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "engine/rules/pieces.h"

namespace tuban {
namespace {

/// Shapes that took at least so many bytes are kept between patches, up to a total.
constexpr std::size_t kLargeShape = std::size_t{1} << 15, kLargeTotal = std::size_t{1} << 23;

void put(Encoder& to, const MultiPolygon& polygons) {
  to.put(static_cast<std::uint64_t>(polygons.size()));
  for (const Polygon& polygon : polygons) {
    to.put(static_cast<std::uint64_t>(polygon.rings.size()));
    for (const Ring& ring : polygon.rings) to.put(ring);
  }
}

MultiPolygon get_polygons(Decoder& from) {
  std::uint64_t parts = 0, rings = 0;
  from.get(parts);
  MultiPolygon polygons(parts);
  for (Polygon& polygon : polygons) {
    from.get(rings);
    polygon.rings.resize(rings);
    for (Ring& ring : polygon.rings) from.get(ring);
  }
  return polygons;
}

bool substantial(double part, double whole) {
  return part >= LineageLimits::kSubstantial * whole;
}

}  // namespace

struct EarlierGround::Index {
  geos::Context geos;
  GEOSSTRtree* tree = nullptr;
  ~Index() {
    if (tree != nullptr) GEOSSTRtree_destroy_r(geos.handle(), tree);
  }
};

EarlierGround::EarlierGround(const Grid& grid, const std::filesystem::path& spool)
    : grid_(grid), spool_(spool) {}
EarlierGround::~EarlierGround() = default;

int EarlierGround::add_batch(EarlierBatch batch) {
  batches_.push_back(std::move(batch));
  return static_cast<int>(batches_.size()) - 1;
}

void EarlierGround::add(EarlierPatch patch, const MultiPolygon& polygons) {
  patch.batch = static_cast<int>(batches_.size()) - 1;
  for (const Polygon& polygon : polygons) {
    for (const Point& p : polygon.rings.front()) {
      Bounds& b = patch.bounds;
      if (b.empty()) b = {p.x, p.y, p.x, p.y};
      b = {std::min(b.x0, p.x), std::min(b.y0, p.y), std::max(b.x1, p.x), std::max(b.y1, p.y)};
    }
  }
  Encoder record;
  put(record, polygons);
  patch.offset = spool_.append(record.bytes());
  patches_.push_back(std::move(patch));
}

void EarlierGround::withhold(const std::function<bool(const Bounds&, const MultiPolygon&)>& secret) {
  spool_.settle();
  for (std::size_t i = 0; i < patches_.size(); ++i) {
    EarlierPatch& one = patches_[i];
    if (one.bounds.empty() || !secret(one.bounds, shape(i))) continue;
    one.withheld = true;
    one.bounds = {};
    one.area_m2 = 0;
  }
}

void EarlierGround::settle() {
  spool_.settle();
  index_ = std::make_unique<Index>();
  const auto h = index_->geos.handle();
  index_->tree = GEOSSTRtree_create_r(h, 16);
  for (EarlierPatch& patch : patches_) {
    const Bounds& b = patch.bounds;
    if (b.empty()) continue;
    const auto box = index_->geos.box(b.x0, b.y0, b.x1, b.y1);
    // The tree hands back a pointer it never follows: the patch, whose position is its index.
    GEOSSTRtree_insert_r(h, index_->tree, box.get(), &patch);
  }
  const auto everywhere = index_->geos.box(0, 0, 1, 1);
  GEOSSTRtree_query_r(
      h, index_->tree, everywhere.get(), [](void*, void*) {}, nullptr);  // builds the tree, here and now
}

MultiPolygon EarlierGround::shape(std::size_t patch) const {
  if (patches_[patch].withheld) return {};
  const std::vector<std::byte> record = spool_.read(patches_[patch].offset);
  Decoder decoder(record);
  return get_polygons(decoder);
}

struct GroundStudent::Impl {
  const EarlierGround& ground;
  Workbench bench;
  std::map<std::size_t, FeatureShape> large;
  std::size_t large_bytes = 0;
  FeatureShape last;

  Impl(const EarlierGround& on, const Earth& earth) : ground(on), bench(earth) {}

  const FeatureShape& shape(std::size_t patch) {
    if (const auto known = large.find(patch); known != large.end()) return known->second;
    const MultiPolygon polygons = ground.shape(patch);
    std::size_t bytes = 0;
    for (const Polygon& polygon : polygons)
      for (const Ring& ring : polygon.rings) bytes += ring.size() * sizeof(Point);
    FeatureShape made(bench.geos().from(polygons));
    if (bytes < kLargeShape) return last = std::move(made);
    if (large_bytes + bytes > kLargeTotal) {
      large.clear();
      large_bytes = 0;
    }
    large_bytes += bytes;
    return large[patch] = std::move(made);
  }

  /// Whether ground shared by two patches makes them one thing.
  static bool links(const PatchGround& here, const GEOSGeometry* shared, double a, double b) {
    const double smaller = std::min(a, b), all = here.area_m2(shared, 0);
    if (all > LineageLimits::kMost * smaller) return true;
    if (all < LineageLimits::kShare * smaller) return false;
    return here.area_m2(shared, LineageLimits::kRimPixels * here.pixel_m()) >=
           LineageLimits::kShare * smaller;
  }

  GroundStudy study(const Patch& patch, int batch, std::size_t before) {
    GroundStudy result;
    result.area_m2 = result.alone_m2 = result.within_batch_m2 = patch.area_m2.value_or(0);
    if (patch.geometry.empty()) return result;
    const PatchGround here(patch, ground.grid(), bench);
    result.area_m2 = result.alone_m2 = result.within_batch_m2 = here.area_m2();

    std::vector<Piece> pieces, same_batch;
    std::vector<std::size_t> met;
    auto found = ground.near(bench.geos(), here.bounds(), before);
    std::stable_sort(found.begin(), found.end(), [&](std::size_t a, std::size_t b) {
      return ground.patches()[a].batch > ground.patches()[b].batch;
    });
    for (const std::size_t e : found) {
      const EarlierPatch& earlier = ground.patches()[e];
      auto piece = here.meet(shape(e), earlier.bounds);
      if (!piece) continue;
      if (earlier.batch >= batch) {
        same_batch.push_back(std::move(*piece));
        continue;
      }
      met.push_back(e);
      pieces.push_back(std::move(*piece));
    }
    if (!same_batch.empty()) {
      const auto others = here.unite(same_batch, [](const Piece&) { return true; });
      result.within_batch_m2 -= here.area_m2(others.get(), 0);
    }
    if (!pieces.empty()) {
      cover(here, pieces, met, result);
      link(here, pieces, met, result);
    }
    if (!pieces.empty() || !same_batch.empty()) {
      for (Piece& piece : same_batch) pieces.push_back(std::move(piece));
      const auto others = here.unite(pieces, [](const Piece&) { return true; });
      result.alone_m2 -= here.area_m2(others.get(), 0);
    }
    result.alone_m2 = std::max(0.0, result.alone_m2);
    result.within_batch_m2 = std::max(0.0, result.within_batch_m2);
    return result;
  }

  void cover(const PatchGround& here, const std::vector<Piece>& pieces, const std::vector<std::size_t>& met,
             GroundStudy& result) const {
    const auto all = here.unite(pieces, [](const Piece&) { return true; });
    result.earlier_m2 = std::min(result.area_m2, here.area_m2(all.get(), 0));
    std::set<const Piece*> suspected;
    for (std::size_t i = 0; i < met.size(); ++i) {
      const EarlierPatch& earlier = ground.patches()[met[i]];
      if (!ground.batches()[static_cast<std::size_t>(earlier.batch)].knows_severity)
        result.suspicion_known = false;
      if (earlier.severity == "S3" || earlier.severity == "S4") suspected.insert(&pieces[i]);
    }
    if (suspected.empty()) return;
    const auto some = here.unite(pieces, [&](const Piece& piece) { return suspected.contains(&piece); });
    result.suspected_m2 = std::min(result.earlier_m2, here.area_m2(some.get(), 0));
  }

  /// The newest batch explains what it can, the next what is left.
  void link(const PatchGround& here, const std::vector<Piece>& pieces, const std::vector<std::size_t>& met,
            GroundStudy& result) {
    std::vector<const GEOSGeometry*> taken;  // by ancestors of newer batches
    std::vector<const GEOSGeometry*> newest;
    std::set<std::string_view> lines;
    geos::Geometry covered;
    int at = -1;
    std::vector<std::size_t> linked;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      const EarlierPatch& earlier = ground.patches()[met[i]];
      if (earlier.batch != at) {
        at = earlier.batch;
        taken.insert(taken.end(), newest.begin(), newest.end());
        if (!newest.empty()) covered = bench.geos().unite(taken, here.snap());
        newest.clear();
      }
      const Piece& piece = pieces[i];
      if (!links(here, piece.shape.get(), result.area_m2, earlier.area_m2)) continue;
      LineageRow row{met[i], piece.gross_m2, piece.gross_m2, false};
      // A line that a newer ancestor stands in has said what it had to.
      const bool told = covered && lines.contains(earlier.lineage_id);
      if (!told) {
        row.linked = true;
        if (covered) {
          const auto rest = here.subtract(piece.shape.get(), covered.get());
          row.own_m2 = here.area_m2(rest.get(), 0);
          row.linked = links(here, rest.get(), result.area_m2, earlier.area_m2);
        }
      }
      if (row.linked) {
        newest.push_back(piece.shape.get());
        lines.insert(earlier.lineage_id);
        linked.push_back(i);
      }
      result.rows.push_back(row);
    }
    std::stable_sort(result.rows.begin(), result.rows.end(), [&](const LineageRow& a, const LineageRow& b) {
      if (a.linked != b.linked) return a.linked;
      if (a.own_m2 != b.own_m2) return a.own_m2 > b.own_m2;
      const EarlierPatch &first = ground.patches()[a.earlier], &second = ground.patches()[b.earlier];
      return first.batch != second.batch ? first.batch > second.batch : first.id < second.id;
    });
    if (!linked.empty()) compare(here, pieces, linked, result);
  }

  void compare(const PatchGround& here, const std::vector<Piece>& pieces,
               const std::vector<std::size_t>& linked, GroundStudy& result) {
    const std::size_t main = result.rows.front().earlier;
    const EarlierPatch& ancestor = ground.patches()[main];
    const double enough = LineageLimits::kChanged * ancestor.area_m2;
    const double rim = LineageLimits::kRimPixels * here.pixel_m();
    double stayed = 0;
    std::set<const Piece*> chosen;
    for (const std::size_t i : linked) {
      chosen.insert(&pieces[i]);
      stayed += pieces[i].gross_m2;
    }
    if (result.area_m2 - stayed >= enough) {
      const auto same = here.unite(pieces, [&](const Piece& piece) { return chosen.contains(&piece); });
      const auto more = here.beyond_rim(here.subtract(here.shape(), same.get()), same.get(), rim);
      result.gained_m2 = here.area_m2(more.get(), 0);
    }
    if (ancestor.area_m2 - result.rows.front().shared_m2 >= enough) {
      Patch was;
      was.geometry = ground.shape(main);
      was.area_m2 = ancestor.area_m2;
      const PatchGround there(was, ground.grid(), bench);
      const auto left = there.beyond_rim(there.subtract(there.shape(), here.shape()), here.shape(), rim);
      result.lost_m2 = there.area_m2(left.get(), 0);
    }
  }
};

std::vector<std::size_t> EarlierGround::near(const geos::Context& context, const Bounds& b,
                                             std::size_t count) const {
  std::vector<const EarlierPatch*> hits;
  const auto box = context.box(b.x0, b.y0, b.x1, b.y1);
  GEOSSTRtree_query_r(
      context.handle(), index_->tree, box.get(),
      [](void* item, void* into) {
        static_cast<std::vector<const EarlierPatch*>*>(into)->push_back(
            static_cast<const EarlierPatch*>(item));
      },
      &hits);
  std::vector<std::size_t> found;
  for (const auto* hit : hits) {
    const auto position = static_cast<std::size_t>(hit - patches_.data());
    if (position < count) found.push_back(position);
  }
  std::sort(found.begin(), found.end());
  return found;
}

GroundStudent::GroundStudent(const EarlierGround& ground, const Earth& earth)
    : impl_(std::make_unique<Impl>(ground, earth)) {}
GroundStudent::~GroundStudent() = default;
GroundStudent::GroundStudent(GroundStudent&&) noexcept = default;

GroundStudy GroundStudent::study(const Patch& patch, int batch, std::size_t before) const {
  return impl_->study(patch, batch, before);
}

namespace {

/// Of those that go on from one earlier patch.
struct Heirs {
  double shared = 0, most = 0;
  std::size_t heir = 0;
  int substantial = 0;
};

const char* by_size(const GroundStudy& study, double was) {
  const double enough = LineageLimits::kChanged * was;
  const bool grown = study.gained_m2 >= enough && study.gained_m2 > 0;
  const bool shrunk = study.lost_m2 >= enough && study.lost_m2 > 0;
  if (grown && (!shrunk || study.gained_m2 >= study.lost_m2)) return "grown";
  return shrunk ? "shrunk" : "continued";
}

}  // namespace

std::vector<Descent> settle_descent(const std::vector<GroundStudy>& studies, const EarlierGround& ground) {
  std::map<std::size_t, Heirs> heirs;
  const auto each_link = [&](const auto& visit) {
    for (std::size_t i = 0; i < studies.size(); ++i)
      for (const LineageRow& row : studies[i].rows)
        if (row.linked) visit(i, row);
  };
  each_link([&](std::size_t i, const LineageRow& row) {
    Heirs& one = heirs[row.earlier];
    one.shared += row.shared_m2;
    if (row.shared_m2 > one.most) {
      one.most = row.shared_m2;
      one.heir = i;
    }
  });
  each_link([&](std::size_t, const LineageRow& row) {
    Heirs& one = heirs[row.earlier];
    if (substantial(row.shared_m2, one.shared)) ++one.substantial;
  });

  std::vector<Descent> result(studies.size());
  for (std::size_t i = 0; i < studies.size(); ++i) {
    const auto& rows = studies[i].rows;
    Descent& descent = result[i];
    const auto linked = std::count_if(rows.begin(), rows.end(), [](const auto& row) { return row.linked; });
    if (linked == 0) {
      descent.status = "new";
      continue;
    }
    const LineageRow& main = rows.front();
    descent.ancestor = main.earlier;
    double explained = 0;
    for (const LineageRow& row : rows) explained += row.linked ? row.own_m2 : 0;
    const auto brought = std::count_if(rows.begin(), rows.end(), [&](const auto& row) {
      return row.linked && substantial(row.own_m2, explained);
    });
    const Heirs& others = heirs.at(main.earlier);
    if (brought >= 2) {
      descent.status = "merged";
    } else if (others.heir != i || (others.substantial >= 2 && substantial(main.shared_m2, others.shared))) {
      descent.status = "split";
    } else {
      descent.status = by_size(studies[i], ground.patches()[main.earlier].area_m2);
    }
    for (const LineageRow& row : rows)
      if (row.linked) descent.relations.push_back(&row == &main ? descent.status : "merged");
  }
  return result;
}

}  // namespace tuban
