/* SPDX-License-Identifier: MIT */
/*
 * probe serve FILE: answer one connection to the listening socket that is
 * descriptor 3, as socket activation has it, with "LISTEN_PID PID"; then close
 * the socket, make FILE and stay until killed.
 */
#include "probe.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int
serve_main(int argc, char **argv)
{
	const char *listen_pid = getenv("LISTEN_PID");
	const int client = accept(3, NULL, NULL);

	if (argc < 2)
		return 2;
	if (client == -1)
		fail("accept");
	dprintf(client, "%s %d\n", listen_pid == NULL ? "" : listen_pid,
	    (int)getpid());
	close(client);
	close(3);
	close(open(argv[1], O_WRONLY | O_CREAT, 0644));
	for (;;)
		pause();
}
