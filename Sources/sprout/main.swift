// sprout is the command line: it asks a running Sprout, or starts one with `sprout up`.

import Linux

runProgram { reactor in
    await Command.run(Array(CommandLine.arguments.dropFirst()), reactor)
}
