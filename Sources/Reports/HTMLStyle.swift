/// How pages look: on a screen in light and dark, on a phone, on paper.
enum HTMLStyle {
    static let sheet = """
        :root { --page: #ffffff; --text: #1c2024; --faint: #5b6570; --line: #d8dde3; --card: #f4f6f8; --accent: #0063a6; }
        @media (prefers-color-scheme: dark) {
          :root { --page: #14181c; --text: #e4e8ec; --faint: #9aa5b1; --line: #353d45; --card: #1e242a; --accent: #6fb8ee; }
        }
        * { box-sizing: border-box; }
        html { color-scheme: light dark; -webkit-text-size-adjust: 100%; }
        body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
        main { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1.25rem 3rem; }
        h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .25rem; overflow-wrap: anywhere; }
        h2 { font-size: 1.25rem; margin: 2.25rem 0 .75rem; padding-top: .75rem; border-top: 1px solid var(--line); }
        h3 { font-size: 1rem; margin: 0 0 .35rem; }
        p { margin: .5rem 0; overflow-wrap: anywhere; }
        .faint, caption, figcaption { color: var(--faint); font-size: .9rem; }
        .numbers { display: grid; grid-template-columns: repeat(auto-fit, minmax(10.5rem, 1fr)); gap: .75rem;
          margin: 1.25rem 0; padding: 0; list-style: none; }
        .numbers li { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .7rem .9rem; }
        .numbers b { display: block; font-size: 1.55rem; line-height: 1.25; color: var(--accent);
          font-variant-numeric: tabular-nums; }
        .numbers small { display: block; color: var(--faint); }
        .scroll { overflow-x: auto; margin: .75rem 0; }
        .scroll:focus-visible { outline: 2px solid var(--accent); }
        table { border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums; }
        caption { text-align: left; padding: .6rem 0 .3rem; min-width: min(30rem, calc(100vw - 1.7rem));
          max-width: calc(100vw - 1.7rem); }
        th, td { text-align: left; padding: .28rem 1.1rem .28rem 0; border-bottom: 1px solid var(--line); vertical-align: top;
          white-space: nowrap; }
        tbody .long { white-space: normal; overflow-wrap: anywhere; min-width: 15rem; }
        a { color: var(--accent); }
        thead th { color: var(--faint); font-weight: 600; white-space: normal; vertical-align: bottom; }
        tbody th { font-weight: 500; }
        .number { text-align: right; }
        figure { margin: 0 0 1.75rem; break-inside: avoid; } figure .scroll { margin: 0; }
        figure svg { display: block; width: 100%; height: auto; background: #ffffff; border: 1px solid var(--line);
          border-radius: .5rem; }
        figcaption { margin-top: .45rem; }
        pre { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .8rem 1rem;
          white-space: pre-wrap; overflow-wrap: anywhere; font: .85rem/1.5 ui-monospace, monospace; }
        .note { border-left: .25rem solid var(--accent); background: var(--card); padding: .5rem .9rem; }
        @media (max-width: 40rem) { main { padding: 1rem .85rem 2rem; } h1 { font-size: 1.4rem; }
          .numbers { grid-template-columns: 1fr 1fr; gap: .5rem; } .numbers b { font-size: 1.25rem; }
          .numbers li { padding: .55rem .7rem; } }
        @media screen and (prefers-color-scheme: dark) { \(DarkFigures.rules) }
        @media print {
          :root { --page: #ffffff; --text: #000000; --faint: #444444; --line: #bbbbbb; --card: #ffffff; --accent: #000000; }
          main { max-width: none; padding: 0; } .scroll { overflow: visible; } figure svg { min-width: 0 !important; }
          h2, h3, caption { break-after: avoid; } tr { break-inside: avoid; }
        }
        """
}
