#!/usr/bin/env bash
# What conda's recipe runs in the checkout: builds the program against the libraries in PREFIX, and installs it there.
set -euo pipefail
export PKG_CONFIG_PATH="$PREFIX/lib/pkgconfig"
options=(--package-path "$SRC_DIR" --scratch-path "$SRC_DIR/.build-conda" -c release --static-swift-stdlib
    -Xlinker "-L$PREFIX/lib" -Xlinker -rpath -Xlinker "$PREFIX/lib")
swift build "${options[@]}" --product swift-run-trainer
install -D -m 755 "$(swift build "${options[@]}" --show-bin-path)/swift-run-trainer" "$PREFIX/bin/swift-run-trainer"

share="$PREFIX/share"
trainer="$PREFIX/bin/swift-run-trainer"
mkdir -p "$share/man/man1" "$share/bash-completion/completions" "$share/zsh/site-functions" \
    "$share/fish/vendor_completions.d"
"$trainer" --generate-completion-script bash >"$share/bash-completion/completions/swift-run-trainer"
"$trainer" --generate-completion-script zsh >"$share/zsh/site-functions/_swift-run-trainer"
"$trainer" --generate-completion-script fish >"$share/fish/vendor_completions.d/swift-run-trainer.fish"
"$trainer" --experimental-dump-help | python3 "$SRC_DIR/launch/manual.py" "$PKG_VERSION" \
    >"$share/man/man1/swift-run-trainer.1"
