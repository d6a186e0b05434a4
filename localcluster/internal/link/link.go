// Package link wires a cluster's network namespaces together.
//
// It makes bridges, virtual wires, addresses and routes through netlink, so the
// machine needs no ip command. It sets no firewall rule and touches no interface
// other than the ones it is told to make.
package link

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// pollEvery is how often Await looks for an interface; it appears once.
const pollEvery = 5 * time.Millisecond

// ToHost lays the wire from the machine into the namespace of process pid and
// sends the given ranges through it. A wire left over by that name is replaced.
func ToHost(hostEnd, clusterEnd string, pid int, host netip.Prefix, gateway netip.Addr, ranges []netip.Prefix) error {
	if err := Delete(hostEnd); err != nil {
		return err
	}
	if err := Veth(hostEnd, clusterEnd, pid); err != nil {
		return err
	}
	if err := Up(hostEnd, &host); err != nil {
		return err
	}
	for _, r := range ranges {
		if err := Route(hostEnd, r, gateway); err != nil {
			return err
		}
	}
	return nil
}

// Veth makes a virtual wire whose second end lies in the namespace of pid.
func Veth(here, there string, pid int) error {
	attributes := netlink.NewLinkAttrs()
	attributes.Name = here
	wire := &netlink.Veth{LinkAttrs: attributes, PeerName: there, PeerNamespace: netlink.NsPid(pid)}
	if err := netlink.LinkAdd(wire); err != nil {
		return fmt.Errorf("make the virtual wire %s to %s: %w", here, there, err)
	}
	return nil
}

// Bridge makes a bridge; it is still down.
//
// Its hardware address is set, not left to the kernel: an address of the
// kernel's choice is the lowest of the ports', so that it changes as nodes come
// and go, and whoever remembers the old one sends into the void for a while.
func Bridge(name string) error {
	attributes := netlink.NewLinkAttrs()
	attributes.Name = name
	attributes.HardwareAddr = hardwareAddress(name)
	if err := netlink.LinkAdd(&netlink.Bridge{LinkAttrs: attributes}); err != nil {
		return fmt.Errorf("make the bridge %s: %w", name, err)
	}
	return nil
}

// hardwareAddress gives an interface an address of its own: locally
// administered, for one interface (IEEE 802, bits 1 and 0 of the first byte).
func hardwareAddress(name string) net.HardwareAddr {
	sum := sha256.Sum256([]byte(name))
	address := net.HardwareAddr(sum[:6])
	address[0] = address[0]&^1 | 2
	return address
}

// Delete removes an interface; one that does not exist is fine.
func Delete(name string) error {
	found, err := netlink.LinkByName(name)
	if isMissing(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for the interface %s: %w", name, err)
	}
	// It may vanish on its own, when the namespace of its other end is dissolved.
	if err := netlink.LinkDel(found); err != nil && !missingDevice(err) {
		return fmt.Errorf("remove the interface %s: %w", name, err)
	}
	return nil
}

// Exists tells whether an interface of that name is there.
func Exists(name string) (bool, error) {
	_, err := netlink.LinkByName(name)
	if isMissing(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for the interface %s: %w", name, err)
	}
	return true, nil
}

// Up gives an interface its address, if any, and switches it on.
func Up(name string, address *netip.Prefix) error {
	found, err := netlink.LinkByName(name)
	if err != nil {
		return fmt.Errorf("look for the interface %s: %w", name, err)
	}
	if address != nil {
		if err := netlink.AddrReplace(found, &netlink.Addr{IPNet: ipNet(*address)}); err != nil {
			return fmt.Errorf("give %s the address %s: %w", name, address, err)
		}
	}
	if err := netlink.LinkSetUp(found); err != nil {
		return fmt.Errorf("switch %s on: %w", name, err)
	}
	return nil
}

// Join adds an interface to a bridge.
func Join(name, bridge string) error {
	found, err := netlink.LinkByName(name)
	if err != nil {
		return fmt.Errorf("look for the interface %s: %w", name, err)
	}
	master, err := netlink.LinkByName(bridge)
	if err != nil {
		return fmt.Errorf("look for the bridge %s: %w", bridge, err)
	}
	if err := netlink.LinkSetMaster(found, master); err != nil {
		return fmt.Errorf("join %s to %s: %w", name, bridge, err)
	}
	return nil
}

// Route sends a range to a gateway through an interface. The range 0.0.0.0/0 is
// the default route.
func Route(name string, to netip.Prefix, gateway netip.Addr) error {
	found, err := netlink.LinkByName(name)
	if err != nil {
		return fmt.Errorf("look for the interface %s: %w", name, err)
	}
	route := &netlink.Route{LinkIndex: found.Attrs().Index, Dst: ipNet(to), Gw: gateway.AsSlice()}
	if err := netlink.RouteReplace(route); err != nil {
		return fmt.Errorf("route %s to %s through %s: %w", to, gateway, name, err)
	}
	return nil
}

// Await returns once an interface exists, or with ctx's error.
func Await(ctx context.Context, name string) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		if there, err := Exists(name); err != nil || there {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the interface %s: %w", name, ctx.Err())
		case <-tick.C:
		}
	}
}

// Overlapping names an existing route of this machine that would take traffic
// for r away, other than those through the interface except; empty when there is
// none. A wider route, such as the default one, does not count: the kernel
// prefers the narrower.
func Overlapping(r netip.Prefix, except string) (string, error) {
	routes, err := netlink.RouteList(nil, netlink.FAMILY_V4)
	if err != nil {
		return "", fmt.Errorf("list the machine's routes: %w", err)
	}
	for _, route := range routes {
		to, ok := prefix(route.Dst)
		if !ok || !conflicts(to, r) {
			continue
		}
		found, err := netlink.LinkByIndex(route.LinkIndex)
		if err == nil && found.Attrs().Name == except {
			continue
		}
		return to.String(), nil
	}
	return "", nil
}

func conflicts(existing, wanted netip.Prefix) bool {
	return existing.Bits() >= wanted.Bits() && existing.Overlaps(wanted)
}

func prefix(n *net.IPNet) (netip.Prefix, bool) {
	if n == nil {
		return netip.Prefix{}, false
	}
	address, ok := netip.AddrFromSlice(n.IP)
	ones, _ := n.Mask.Size()
	return netip.PrefixFrom(address.Unmap(), ones), ok
}

func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}

func isMissing(err error) bool {
	var missing netlink.LinkNotFoundError
	return errors.As(err, &missing)
}

// missingDevice recognises the kernel's answer for an interface already gone.
func missingDevice(err error) bool { return errors.Is(err, unix.ENODEV) }
