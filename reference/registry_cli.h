/*
 * `seatrial-endpoint registry ...`: applications, devices and their credentials, for people.
 */
#ifndef REFERENCE_REGISTRY_CLI_H
#define REFERENCE_REGISTRY_CLI_H

/*
 * argv[0] is the word `registry`, the command follows. Returns the exit code: 0 done, 1 not there,
 * there already or in conflict, 2 wrong use or a file that cannot be used; with one line on stderr.
 */
int registry_cli_main(int argc, char **argv);

#endif
