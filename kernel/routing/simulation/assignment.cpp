#include "routing/simulation/assignment.hpp"

#include <algorithm>
#include <utility>

namespace atrium::simulation {

namespace {

// Not more rows than columns. Row after row gets a column on the cheapest path through columns that are taken, each of whose rows moves on
// to the next. The potentials keep all reduced costs at 0 or above, and at 0 for what is assigned: that is what makes the sum least.
class Assigner {
 public:
  explicit Assigner(const Costs& costs)
      : costs_(costs), row_potentials_(costs.rows), column_potentials_(costs.columns), row_of_(costs.columns, unassigned) {}

  std::vector<std::size_t> go() {
    for (std::size_t row = 0; row < costs_.rows; ++row) augment(row);
    std::vector<std::size_t> out(costs_.rows, unassigned);
    for (std::size_t column = 0; column < costs_.columns; ++column)
      if (row_of_[column] != unassigned) out[row_of_[column]] = column;
    return out;
  }

 private:
  void augment(std::size_t root) {
    distances_.assign(costs_.columns, std::numeric_limits<double>::infinity());
    before_.assign(costs_.columns, unassigned);
    reached_.assign(costs_.columns, false);
    std::size_t row = root, column = unassigned;
    do {  // Dijkstra's algorithm, until it comes to a free column.
      const std::size_t from = column;
      column = nearest(row, from);
      const double step = distances_[column];
      row_potentials_[root] += step;
      for (std::size_t other = 0; other < costs_.columns; ++other) {
        if (reached_[other]) {
          row_potentials_[row_of_[other]] += step;
          column_potentials_[other] -= step;
        } else {
          distances_[other] -= step;
        }
      }
      reached_[column] = true;
      row = row_of_[column];
    } while (row != unassigned);
    while (column != unassigned) {  // Back along the path, each row takes the column it led to.
      const std::size_t from = before_[column];
      row_of_[column] = from == unassigned ? root : row_of_[from];
      column = from;
    }
  }

  // The nearest column not yet reached, after those that `row`, which was reached by the column `from`, leads to.
  std::size_t nearest(std::size_t row, std::size_t from) {
    std::size_t best = unassigned;
    for (std::size_t column = 0; column < costs_.columns; ++column) {
      if (reached_[column]) continue;
      const double reduced = costs_.at(row, column) - row_potentials_[row] - column_potentials_[column];
      if (reduced < distances_[column]) distances_[column] = reduced, before_[column] = from;
      if (best == unassigned || distances_[column] < distances_[best]) best = column;
    }
    return best;
  }

  const Costs& costs_;
  std::vector<double> row_potentials_, column_potentials_;
  std::vector<std::size_t> row_of_;  // Of each column; `unassigned`: it is free.
  std::vector<double> distances_;    // Of each column from the root, by reduced costs.
  std::vector<std::size_t> before_;  // The column before each on its path; `unassigned`: the root is.
  std::vector<bool> reached_;
};

}  // namespace

std::vector<std::size_t> cheapestAssignment(const Costs& costs) {
  if (costs.rows <= costs.columns) return Assigner(costs).go();
  Costs turned(costs.columns, costs.rows);
  for (std::size_t row = 0; row < costs.rows; ++row)
    for (std::size_t column = 0; column < costs.columns; ++column) turned.at(column, row) = costs.at(row, column);
  const std::vector<std::size_t> rows = Assigner(turned).go();
  std::vector<std::size_t> out(costs.rows, unassigned);
  for (std::size_t column = 0; column < rows.size(); ++column) out[rows[column]] = column;
  return out;
}

}  // namespace atrium::simulation
