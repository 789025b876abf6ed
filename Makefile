# Each target installs the Debian packages that it lacks, and says so. `make help` lists them.

SWIFT_FLAGS := --explicit-target-dependency-import-check error
LIBRARIES := libcrypt-dev libcurl4-openssl-dev libsqlite3-dev libssh2-1-dev libssl-dev libsystemd-dev libyaml-dev \
    pkg-config
TOOLS := ca-certificates nginx-light xorriso zstd
DEB_TOOLS := binutils patchelf
IMAGE_TOOLS := cpio dosfstools e2fsprogs fdisk mmdebstrap mtools openssl squashfs-tools zstd
TEST_TOOLS := $(DEB_TOOLS) $(IMAGE_TOOLS) atftp chromium curl dbus dnsmasq-base fonts-dejavu-core iproute2 ipxe-qemu \
    isc-dhcp-client libfaketime lintian man-db openssh-client openssh-server ovmf perl procps python3-venv \
    qemu-system-x86 shellcheck sqlite3 systemd systemd-container tcpdump tftp-hpa udhcpc wget zsh
BENCH_TOOLS := chromium curl dnsmasq-base gcc iproute2 ipxe-qemu isc-dhcp-client kea-admin kea-dhcp4-server libc6-dev \
    libnginx-mod-nchan nginx-light ovmf python3 qemu-system-x86 tcpdump tftpd-hpa udhcpc wrk

AS_ROOT := $(if $(filter 0,$(shell id -u)),,sudo)

STATE ?= .sprout
LISTEN ?= 127.0.0.1:8080
PACKETS ?= 1000000
CUTS ?= 20
FIRMWARE ?= uefi

.PHONY: help deps build check test run bench deb image rehearsal endurance fuzz docs screenshots sanitize clean swift venv

help:
	@echo 'make run       run everything on this machine: dashboard on http://localhost:8080'
	@echo 'make test      all tests: units, real processes, real systemd, a real browser'
	@echo 'make check     the quick part of it: format, warnings as errors, unit tests, units verified'
	@echo 'make build     the programs, in .build/release'
	@echo 'make deb       a package for Debian 13, in out/'
	@echo 'make image     a disk image of an appliance, to be flashed, in out/'
	@echo 'make rehearsal the image installs a blank virtual machine, which joins a cluster (as root)'
	@echo 'make deps      what building and running needs, from Debian'
	@echo 'make bench     figures beside those of peers: memory, start, requests, events, network boot (as root)'
	@echo 'make endurance a box from the image is updated, goes back, is erased, and loses its power 20 times: an hour (as root)'
	@echo 'make fuzz      a million mutated packets for the parsers, and for the daemons over the network'
	@echo 'make sanitize  the unit tests under the thread and the address sanitizer'
	@echo 'make docs      write the pages and files that are made from the code'
	@echo 'make screenshots  take pictures of every page of the dashboard, for docs/screenshots'
	@echo 'make clean     remove what was built; the state of make run stays'

swift:
	@command -v swift >/dev/null || { echo 'Swift 6.3 is missing: see https://www.swift.org/install/linux/'; exit 1; }

deps: swift
	@deploy/install-packages $(LIBRARIES) $(TOOLS)
	@deploy/fetch-ipxe .build/netboot

build: deps
	swift build -c release $(SWIFT_FLAGS)

run: build
	.build/release/sprout up --state $(STATE) --listen $(LISTEN) $(if $(CONFIG),--config $(CONFIG))

deb: build
	@deploy/install-packages $(DEB_TOOLS)
	deploy/deb/build .build/release out

image: deb
	@deploy/install-packages $(IMAGE_TOOLS)
	$(AS_ROOT) image/root .build/debian/image.tar
	$(AS_ROOT) image/build .build/debian/image.tar "out/sprout_$$(.build/release/sprout --version | cut -d' ' -f2)_amd64.deb" out

rehearsal: build venv
	$(AS_ROOT) env SPROUT_PROGRAMS=.build/release .build/venv/bin/python Tests/Rehearsal/rehearsal.py $(FIRMWARE)

check: deps
	swift format lint --strict -r Sources Tests Package.swift
	@! grep -rnE '^(public |internal |private )?import Foundation$$' Sources --include='*.swift' \
	    || { echo 'FoundationEssentials is enough outside tests.'; exit 1; }
	@deploy/install-packages cpio openssh-client openssh-server python3 systemd
	python3 Tests/run.py unit
	python3 Tests/run.py system UnitFilesTest

venv:
	@deploy/install-packages $(TEST_TOOLS)
	@test -x .build/venv/bin/python || python3 -m venv .build/venv
	@.build/venv/bin/python -m pip install --quiet --disable-pip-version-check -r Tests/System/requirements.txt
	@Tests/System/fetch-prometheus .build/prometheus

test: deps venv
	swift format lint --strict -r Sources Tests Package.swift
	.build/venv/bin/python Tests/run.py unit system

sanitize: deps
	TSAN_OPTIONS="suppressions=$(CURDIR)/Tests/tsan.supp" swift test --sanitize=thread --scratch-path .build/thread
	ASAN_OPTIONS=detect_leaks=0 swift test --sanitize=address --scratch-path .build/address

bench: build venv
	@deploy/install-packages $(BENCH_TOOLS)
	.build/venv/bin/python Tests/Bench/bench.py $(PARTS)

endurance: build venv
	SPROUT_PROGRAMS=.build/release .build/venv/bin/python Tests/run.py system test_box RollbackTest
	SPROUT_PROGRAMS=.build/release CUTS=$(CUTS) .build/venv/bin/python Tests/System/power_cuts.py

fuzz: build venv
	SPROUT_FUZZ=$(PACKETS) swift test $(SWIFT_FLAGS) --filter 'DHCPFuzzTests|TFTPFuzzTests'
	SPROUT_FUZZ=$(PACKETS) SPROUT_PROGRAMS=.build/release .build/venv/bin/python Tests/run.py system FuzzTest

docs: deps venv
	SPROUT_WRITE_DOCS=1 swift test --filter 'LifecycleDocumentTests|MetricsDocumentTests|NginxConfigurationTests|ManualTests|BootScriptTests|AnswerGoldenTests'
	.build/venv/bin/python Tests/System/apidoc.py

screenshots: build venv
	SPROUT_PROGRAMS=.build/release .build/venv/bin/python Tests/System/screenshots.py

clean:
	rm -rf .build out
