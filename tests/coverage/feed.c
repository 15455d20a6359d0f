/* SPDX-License-Identifier: MIT */
/* feed.c: run a libFuzzer target, without libFuzzer, on the files named. */
#include <stdint.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
main(int argc, char **argv)
{
	static uint8_t input[1 << 16];

	for (int i = 1; i < argc; i++) {
		FILE *file = fopen(argv[i], "rb");

		if (file == NULL)
			return 1;
		LLVMFuzzerTestOneInput(
		    input, fread(input, 1, sizeof input, file));
		fclose(file);
	}
	return 0;
}
