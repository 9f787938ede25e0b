"""Runs a program that a model wrote, under limits, and tells how it ended.

    run_program.py SECONDS MEMORY_BYTES < input

The first line of the input is a word, the rest is the program. The last line of standard output is that word and `passed`, or
`failed: …`. The program's own output is dropped. Limits of the system come first, and cannot be raised again. The audit hook
then refuses what a test of a function never needs. The hook is no security boundary of its own: it keeps honest mistakes of a
model from doing harm where the system offers no better means.
"""
import ctypes
import os
import resource
import sys

NOBODY = 65534
# Everything that changes files, starts processes or threads of execution elsewhere, or reaches the network.
REFUSED = (
    'ctypes.', 'fcntl.', 'ftplib.', 'http.client.', 'msvcrt.', 'os.chdir', 'os.chflags', 'os.chmod', 'os.chown', 'os.exec',
    'os.fork', 'os.forkpty', 'os.kill', 'os.killpg', 'os.link', 'os.lockf', 'os.mkdir', 'os.posix_spawn', 'os.remove',
    'os.removexattr', 'os.rename', 'os.rmdir', 'os.setxattr', 'os.spawn', 'os.symlink', 'os.system', 'os.truncate',
    'os.utime', 'pty.spawn', 'resource.', 'shutil.', 'signal.pthread_kill', 'socket.', 'sqlite3.', 'subprocess.', 'syslog.', 'tempfile.',
    'urllib.', 'webbrowser.',
)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def limit(seconds, memory):
    """Limits that the kernel keeps: no data in files, no core, few descriptors, no further process where that is possible."""
    hard = {
        resource.RLIMIT_CPU: seconds + 1,
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 64,
        resource.RLIMIT_NPROC: 0,
    }
    for kind, value in hard.items():
        try:
            resource.setrlimit(kind, (value, value))
        except (ValueError, OSError):
            pass  # macOS has no RLIMIT_AS, and a lower limit may be in force


def give_up_root():
    """Becomes nobody if it is root and nobody can read Python's own files. Root is exempt from the limit of processes."""
    if os.geteuid() != 0:
        return
    try:
        os.setegid(NOBODY)
        os.seteuid(NOBODY)
        readable = os.access(os.__file__, os.R_OK, effective_ids=True)
        os.seteuid(0)
        os.setegid(0)
        if readable:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
    except OSError:
        pass  # in a namespace of users, which has no nobody


def end_with_parent(libc):
    """Ends this process when the one that started it ends. A change of user has undone what unshare said about it."""
    libc.prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL


def protect_files(libc):
    """Linux's Landlock, 5.13 or later: no file can be changed, made, removed or executed, and no TCP port reached (6.7)."""
    version = libc.syscall(444, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    if version < 1:
        return
    # Execute, write, remove and make; from version 2 on also link elsewhere, and from 3 on truncate.
    files = 0b1_1111_1111_0011 | (1 << 13 if version >= 2 else 0) | (1 << 14 if version >= 3 else 0)
    handled = (ctypes.c_uint64 * 2)(files, 0b11)
    rules = libc.syscall(444, handled, ctypes.c_size_t(16 if version >= 4 else 8), ctypes.c_uint32(0))
    if rules >= 0:
        libc.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS
        libc.syscall(446, rules, ctypes.c_uint32(0))
        os.close(rules)


def refuse(event, args):
    if event == 'open':
        path, _, flags = args
        if isinstance(path, int) or not flags & WRITING:
            return
        raise PermissionError(f'{event} {path!r} for writing is refused')
    if event == 'import':
        if args[0].split('.')[0] in ('ctypes', '_ctypes', '_posixsubprocess', 'cffi', 'gc'):
            raise ImportError(f'{args[0]} is refused')
        return
    if event.startswith(REFUSED):
        raise PermissionError(f'{event} is refused')


def main():
    seconds, memory = int(sys.argv[1]), int(sys.argv[2])
    word, _, program = sys.stdin.read().partition('\n')
    answer = os.fdopen(os.dup(1), 'w')
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    sys.argv[1:] = []
    give_up_root()
    if sys.platform == 'linux':
        libc = ctypes.CDLL(None)
        end_with_parent(libc)
        protect_files(libc)
    for module in ('ctypes', '_ctypes'):
        del sys.modules[module]  # so that the hook sees who imports it
    limit(seconds, memory)
    sys.addaudithook(refuse)
    try:
        exec(compile(program, 'program.py', 'exec'), {'__name__': '__main__'})
        outcome = 'passed'
    except BaseException as error:  # SystemExit too: a program that leaves has passed no test
        try:
            reason = ' '.join(str(error).split())[:200]
        except BaseException:
            reason = ''
        outcome = f'failed: {type(error).__name__}: {reason}'
    answer.write(f'\n{word} {outcome}\n')
    answer.flush()
    os._exit(0)  # no code of the program runs at exit


main()
