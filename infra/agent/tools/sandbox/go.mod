module sluice.dev/tools/sandbox

go 1.24
