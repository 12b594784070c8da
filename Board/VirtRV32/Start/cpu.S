# What C cannot say about the processor; see cpu.h.

    .option arch, +zicsr

    .equ    MSTATUS_MIE, 0x8

    .section .text.cpu_time, "ax", @progbits
    .globl  cpu_time
cpu_time:
    csrr    a1, timeh
    csrr    a0, time
    csrr    t0, timeh
    bne     a1, t0, cpu_time
    ret

    .section .text.cpu_instructions, "ax", @progbits
    .globl  cpu_instructions
cpu_instructions:
    csrr    a1, minstreth
    csrr    a0, minstret
    csrr    t0, minstreth
    bne     a1, t0, cpu_instructions
    ret

    .section .text.cpu_mask_interrupts, "ax", @progbits
    .globl  cpu_mask_interrupts
cpu_mask_interrupts:
    csrrci  a0, mstatus, MSTATUS_MIE
    andi    a0, a0, MSTATUS_MIE
    ret

    .section .text.cpu_restore_interrupts, "ax", @progbits
    .globl  cpu_restore_interrupts
cpu_restore_interrupts:
    csrs    mstatus, a0
    ret

    .section .text.cpu_unmask_interrupts, "ax", @progbits
    .globl  cpu_unmask_interrupts
cpu_unmask_interrupts:
    csrsi   mstatus, MSTATUS_MIE
    ret

    .section .text.cpu_enable_interrupt, "ax", @progbits
    .globl  cpu_enable_interrupt
cpu_enable_interrupt:
    csrs    mie, a0
    ret

    .section .text.cpu_disable_interrupt, "ax", @progbits
    .globl  cpu_disable_interrupt
cpu_disable_interrupt:
    csrc    mie, a0
    ret

    .section .text.cpu_wait_for_interrupt, "ax", @progbits
    .globl  cpu_wait_for_interrupt
cpu_wait_for_interrupt:
    wfi
    ret
