"""Statistics of the tidy series: data frame in, data frame out; one idea per file."""
