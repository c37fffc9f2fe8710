// SPDX-License-Identifier: Apache-2.0
#include "kernels/trace.h"

#include <algorithm>
#include <numeric>

namespace tuban::kernels {
namespace {

// The four pixels around a lattice point.
struct Around {
  bool nw, ne, sw, se;
};

// The pixel sides that meet at a lattice point, where they are boundary and belong to the tile.
struct Sides {
  bool left, up, down, right;
};

// The sweep of one lattice row: `upper` and `lower` say whether the pixel rows above and below it belong to
// the tile (those of the apron do not).
template <bool upper, bool lower>
class RowSweep {
 public:
  RowSweep(const Runs& runs, int y, Sweep& out)
      : runs_(runs), out_(out), y_(y), a_(runs.begin(y - 1)), b_(runs.begin(y)) {}

  void sweep() {
    const std::uint32_t a_end = runs_.end(y_ - 1);
    const std::uint32_t b_end = runs_.end(y_);
    if (a_ == a_end && b_ == b_end) return;
    const std::int32_t* ends = runs_.ends.data();
    const std::int32_t width = runs_.width;

    // The first column of points: the pixels to the west belong to another tile.
    bool in_a = a_ != a_end && ends[a_] == 0;
    bool in_b = b_ != b_end && ends[b_] == 0;
    const bool west_a = (runs_.flag(y_ - 1) & Runs::kLeftApron) != 0;
    const bool west_b = (runs_.flag(y_) & Runs::kLeftApron) != 0;
    const Around first{west_a, in_a, west_b, in_b};
    point(
        0, first,
        {false, upper && in_a && !west_a, lower && in_b && !west_b, in_a != in_b && (in_a ? upper : lower)});
    a_ += in_a;
    b_ += in_b;
    if (in_a && in_b) unite();

    while (true) {
      const std::int32_t xa = a_ != a_end ? ends[a_] : width;
      const std::int32_t xb = b_ != b_end ? ends[b_] : width;
      const std::int32_t x = std::min(xa, xb);
      if (x == width) break;
      const bool turn_a = xa == x;
      const bool turn_b = xb == x;
      const Around around{in_a, in_a != turn_a, in_b, in_b != turn_b};
      point(x, around,
            {around.nw != around.sw && (around.nw ? upper : lower), upper && turn_a, lower && turn_b,
             around.ne != around.se && (around.ne ? upper : lower)});
      in_a = around.ne;
      in_b = around.se;
      a_ += turn_a;
      b_ += turn_b;
      if (in_a && in_b) unite();
    }

    // The last column: the pixels to the east belong to another tile.
    const bool east_a = (runs_.flag(y_ - 1) & Runs::kRightApron) != 0;
    const bool east_b = (runs_.flag(y_) & Runs::kRightApron) != 0;
    point(
        width, {in_a, east_a, in_b, east_b},
        {in_a != in_b && (in_a ? upper : lower), upper && in_a && !east_a, lower && in_b && !east_b, false});
  }

 private:
  // a_ and b_ stand at the end at or after the current point, so a_ / 2 and b_ / 2 are the runs beside it.
  std::uint32_t run_a() const noexcept { return a_ >> 1; }
  std::uint32_t run_b() const noexcept { return b_ >> 1; }

  void point(std::int32_t x, const Around& around, const Sides& side) {
    const bool falling = around.nw && around.se && !around.ne && !around.sw;
    const bool rising = around.ne && around.sw && !around.nw && !around.se;
    if (falling || rising) {
      saddle(x, around, side, falling);
      return;
    }
    if (side.up && side.down) {
      out_.top[b_] = out_.top[a_];
      return;
    }
    if (!(side.up || side.down || side.left || side.right)) return;
    const bool of_a = side.up || (!side.down && (side.left ? around.nw : around.ne));
    const std::uint32_t corner = add(x, of_a ? run_a() : run_b(), false);
    connect(corner, around, side);
    const bool enters = (side.left && around.nw) || (side.up && around.ne) || (side.down && around.sw) ||
                        (side.right && around.se);
    const bool leaves = (side.left && around.sw) || (side.up && around.nw) || (side.down && around.se) ||
                        (side.right && around.ne);
    if (leaves && !enters) out_.starts.push_back(corner);
  }

  void saddle(std::int32_t x, const Around& around, const Sides& side, bool falling) {
    const std::uint32_t west = pending_;
    // Falling: north-west has the left and the upper side. Rising: north-east has the upper and the right.
    const Sides of_a{falling && side.left, side.up, false, !falling && side.right};
    const Sides of_b{!falling && side.left, false, side.down, falling && side.right};
    std::uint32_t east = kNoCorner;
    if (of_a.left || of_a.up || of_a.right) {
      pending_ = west;
      connect(add(x, run_a(), true), around, of_a);
      if (of_a.right) east = pending_;
    }
    if (of_b.left || of_b.down || of_b.right) {
      pending_ = west;
      connect(add(x, run_b(), true), around, of_b);
      if (of_b.right) east = pending_;
    }
    pending_ = east;
    if (upper && lower && x > 0 && x < runs_.width) out_.diagonal.emplace_back(run_a(), run_b());
  }

  std::uint32_t add(std::int32_t x, std::uint32_t run, bool is_saddle) {
    Corner corner;
    corner.x = x;
    corner.y = y_;
    corner.run = run & 0x7FFFFFFFU;
    corner.saddle = is_saddle;
    out_.corners.push_back(corner);
    return static_cast<std::uint32_t>(out_.corners.size() - 1);
  }

  void connect(std::uint32_t corner, const Around& around, const Sides& side) {
    Corner* corners = out_.corners.data();
    if (side.left) {
      if (around.nw)
        corners[pending_].next = corner;
      else
        corners[corner].next = pending_;
    }
    if (side.up) {
      const std::uint32_t top = out_.top[a_];
      if (around.ne)
        corners[top].next = corner;
      else
        corners[corner].next = top;
    }
    if (side.down) out_.top[b_] = corner;
    if (side.right) pending_ = corner;
  }

  void unite() {
    if constexpr (upper && lower) {
      const std::uint32_t p = root(run_a());
      const std::uint32_t q = root(run_b());
      if (p < q)
        out_.parent[q] = p;
      else
        out_.parent[p] = q;
    }
  }

  std::uint32_t root(std::uint32_t run) {
    auto& parent = out_.parent;
    while (parent[run] != run) run = parent[run] = parent[parent[run]];
    return run;
  }

  const Runs& runs_;
  Sweep& out_;
  int y_;
  std::uint32_t a_, b_;
  std::uint32_t pending_ = kNoCorner;  // the west end of the horizontal line that is being followed
};

}  // namespace

void sweep(const Runs& runs, Sweep& out) {
  out.corners.clear();
  out.starts.clear();
  out.diagonal.clear();
  out.parent.resize(runs.ends.size() / 2);
  std::iota(out.parent.begin(), out.parent.end(), 0U);
  out.top.resize(runs.ends.size());
  RowSweep<false, true>(runs, 0, out).sweep();
  for (int y = 1; y < runs.height; ++y) RowSweep<true, true>(runs, y, out).sweep();
  RowSweep<true, false>(runs, runs.height, out).sweep();
}

}  // namespace tuban::kernels
