/* SPDX-License-Identifier: MIT */
/*
 * probe serve FILE: as a socket-activated service, accept one connection on the
 * listening socket, descriptor 3, and send "LISTEN_PID PID"; then close the
 * socket, create FILE and wait to be killed.
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
