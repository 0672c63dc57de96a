/*
 * notify_listen PATH: plays the service manager. Takes datagrams on the Unix socket PATH
 * (sd_notify(3)'s $NOTIFY_SOCKET), prints each as a line, and ends after `STOPPING=1`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    char message[512];
    ssize_t len;

    if (argc != 2 || strlen(argv[1]) >= sizeof at.sun_path)
        return 2;
    strcpy(at.sun_path, argv[1]);
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0) {
        perror(argv[1]);
        return 1;
    }
    while ((len = recv(fd, message, sizeof message - 1, 0)) >= 0) {
        message[len] = '\0';
        puts(message);
        fflush(stdout);
        if (strstr(message, "STOPPING=1") != NULL)
            break;
    }
    close(fd);
    return 0;
}
