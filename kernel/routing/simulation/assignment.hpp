#pragma once

#include <cstddef>
#include <limits>
#include <vector>

namespace atrium::simulation {

// What it costs to give each row each column; finite. A value.
struct Costs {
  Costs(std::size_t rows_of, std::size_t columns_of) : rows(rows_of), columns(columns_of), cells(rows_of * columns_of) {}
  [[nodiscard]] double& at(std::size_t row, std::size_t column) { return cells[row * columns + column]; }
  [[nodiscard]] double at(std::size_t row, std::size_t column) const { return cells[row * columns + column]; }

  std::size_t rows, columns;
  std::vector<double> cells;
};

inline constexpr std::size_t unassigned = std::numeric_limits<std::size_t>::max();

// The column of each row, no column twice and as many as there can be, so that the sum of the costs is least; `unassigned` where there are
// more rows than columns. The Hungarian method (H. W. Kuhn, "The Hungarian method for the assignment problem", 1955) in the form of
// shortest augmenting paths (R. Jonker, A. Volgenant, "A shortest augmenting path algorithm for dense and sparse linear assignment
// problems", 1987): n² m steps for n of the smaller and m of the larger side.
[[nodiscard]] std::vector<std::size_t> cheapestAssignment(const Costs& costs);

}  // namespace atrium::simulation
