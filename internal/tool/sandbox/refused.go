package sandbox

// RefusedError says that the kernel does not let this user build a sandbox.
type RefusedError struct{ Cause error }

// Error names the settings that allow it.
func (e *RefusedError) Error() string {
	return "the kernel refused it (" + e.Cause.Error() + "); it needs Linux 5.12 or newer with unprivileged user namespaces: " +
		"user.max_user_namespaces above 0, kernel.unprivileged_userns_clone=1 where it exists, " +
		"kernel.apparmor_restrict_unprivileged_userns=0 or an AppArmor profile that allows userns where that exists, " +
		"and in a container a seccomp profile that allows unshare and mount"
}

// Unwrap is the kernel's own error.
func (e *RefusedError) Unwrap() error { return e.Cause }
