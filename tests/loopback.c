/* Preloaded into Janus by the tests: loopback is an interface like others, so that no media leave the machine. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <ifaddrs.h>
#include <net/if.h>

int getifaddrs(struct ifaddrs **found)
{
    int (*real)(struct ifaddrs **) = dlsym(RTLD_NEXT, "getifaddrs");
    int status = real(found);
    if (status == 0)
        for (struct ifaddrs *one = *found; one; one = one->ifa_next)
            one->ifa_flags &= ~IFF_LOOPBACK;
    return status;
}
