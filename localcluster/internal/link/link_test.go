package link

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// A bridge that changes its address as ports come and go is out of reach until
// its neighbours forget the old one.
func TestBridgeKeepsItsHardwareAddress(t *testing.T) {
	runtime.LockOSThread() // the thread is thrown away with its namespace
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Skipf("cannot make a network namespace here: %v", err)
	}
	if err := Bridge("lftest"); err != nil {
		t.Fatal(err)
	}
	address := func() string {
		bridge, err := netlink.LinkByName("lftest")
		if err != nil {
			t.Fatal(err)
		}
		return bridge.Attrs().HardwareAddr.String()
	}
	before := address()
	attributes := netlink.NewLinkAttrs()
	attributes.Name, attributes.HardwareAddr = "lfport", net.HardwareAddr{2, 0, 0, 0, 0, 1}
	if err := netlink.LinkAdd(&netlink.Veth{LinkAttrs: attributes, PeerName: "lfpeer"}); err != nil {
		t.Fatal(err)
	}
	if err := Join("lfport", "lftest"); err != nil {
		t.Fatal(err)
	}
	if after := address(); after != before {
		t.Errorf("a port with a low address changed the bridge's from %s to %s", before, after)
	}
	if err := Delete("lfport"); err != nil {
		t.Fatal(err)
	}
	if after := address(); after != before {
		t.Errorf("a port that went changed the bridge's address from %s to %s", before, after)
	}
}

func TestConflicts(t *testing.T) {
	tests := map[string]struct {
		existing, wanted string
		want             bool
		reason           string
	}{
		"default route": {existing: "0.0.0.0/0", wanted: "10.96.0.0/16", reason: "it gives way to any other"},
		"wider":         {existing: "10.0.0.0/8", wanted: "10.96.0.0/16", reason: "it gives way to the narrower"},
		"same":          {existing: "10.96.0.0/16", wanted: "10.96.0.0/16", want: true, reason: "one would hide the other"},
		"narrower":      {existing: "10.96.3.0/24", wanted: "10.96.0.0/16", want: true, reason: "it would take part of ours"},
		"elsewhere":     {existing: "192.168.0.0/24", wanted: "10.96.0.0/16", reason: "nothing is shared"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := conflicts(netip.MustParsePrefix(tt.existing), netip.MustParsePrefix(tt.wanted))
			if got != tt.want {
				t.Errorf("conflicts(%s, %s) = %t, want %t: %s", tt.existing, tt.wanted, got, tt.want, tt.reason)
			}
		})
	}
}

func TestPrefix(t *testing.T) {
	for _, text := range []string{"10.199.0.0/24", "0.0.0.0/0", "10.0.0.1/32"} {
		want := netip.MustParsePrefix(text)
		got, ok := prefix(ipNet(want))
		if !ok || got != want {
			t.Errorf("prefix(ipNet(%s)) = %s, %t", want, got, ok)
		}
	}
	if _, ok := prefix(nil); ok {
		t.Error("a route without a destination gives a prefix")
	}
	// Go keeps IPv4 addresses in 16 bytes at times.
	mapped := &net.IPNet{IP: net.ParseIP("10.96.0.0"), Mask: net.CIDRMask(16, 32)}
	if got, ok := prefix(mapped); !ok || got.String() != "10.96.0.0/16" {
		t.Errorf("prefix(%s) = %s, %t", mapped, got, ok)
	}
}

func TestAwait(t *testing.T) {
	if err := Await(t.Context(), "lo"); err != nil {
		t.Errorf("Await(lo): %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := Await(ctx, "lf-not-there"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Await: %v, want %v", err, context.DeadlineExceeded)
	}
}

func TestDeleteWhatIsNotThere(t *testing.T) {
	if err := Delete("lf-not-there"); err != nil {
		t.Errorf("Delete: %v", err)
	}
}
