"""One quarter, run: the params file, the plan, the kernels, the pages, and a pack that is whole or not there."""
